"""`edge-fleet`: how many booths worked: sessions, minutes, gaps, restarts and clocks, and no reading of a person."""

import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App

app = App()

_WORLD_READABLE = 0o644  # an exporter is another user, and the figures are of no person


class Format(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"
    PROMETHEUS = "prometheus"


@app.command()
def fleet(
    journals: Annotated[
        list[Path], typer.Argument(metavar="JOURNAL...", help="Journals, or folders with journals in and below them.")
    ],
    format: Annotated[
        Format, typer.Option(help="Tables, JSON, or the text format of Prometheus' node exporter.")
    ] = Format.TEXT,
    days: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=36_500, help="Today and the days before it, UTC; 0: all that is kept."),
    ] = 7,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Replace this file at once; for Prometheus all may read it."
        ),
    ] = None,
) -> None:
    """Show how booths worked, by day and booth. Nothing that was read in a face is looked at, nor any name.

    Exit codes: 0 done, 1 a journal could not be read, 2 usage, 66 a folder without journals, 74 cannot write.
    """
    from edge.fleet.booths import read_fleet
    from edge.fleet.prometheus import write_prometheus
    from edge.fleet.writing import write_json, write_text
    from edge.journal.exporting import opened_export
    from edge.journal.file.copying import journals_in

    now = datetime.now(UTC)
    since = f"{now - timedelta(days=days - 1):%Y-%m-%d}" if days else ""
    found = read_fleet(list(journals_in(journals)), since)
    with opened_export(output, mode=_WORLD_READABLE if format is Format.PROMETHEUS else 0o600) as out:
        match format:
            case Format.JSON:
                write_json(found, out, now)
            case Format.PROMETHEUS:
                write_prometheus(found, out, now)
            case Format.TEXT:
                write_text(found, out, now, terminal=out.isatty())
    for sentence in (*found.left_out, *found.unread):
        print(sentence, file=sys.stderr)
    if found.unread:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
