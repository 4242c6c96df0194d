"""edge-report: what a journal holds, as text, JSON or CSV."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.doorway import doorway
from edge.core.errors import SourceNotFound
from edge.core.sessions import valid_session
from edge.journal.reading import JournalReader
from edge.journal.store import default_journal
from edge.report.documents import write_json
from edge.report.rows import Told
from edge.report.tables import write_csv
from edge.report.text import write_text

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@app.command()
def report(
    journal: Annotated[
        Path | None,
        typer.Argument(help="The journal; by default ~/.local/state/edge/journal.sqlite.", show_default=False),
    ] = None,
    format: Annotated[Format, typer.Option(help="A table, one JSON document, or CSV.")] = Format.TEXT,
    session: Annotated[str | None, typer.Option(help="Only sessions of this name.", show_default=False)] = None,
    windows: Annotated[bool, typer.Option("--windows", help="Each session's windows too.")] = False,
) -> None:
    """Show the sessions of a journal, also while edge-run writes it: complete, interrupted, or still open."""
    with doorway():
        path = journal or default_journal()
        name = None if session is None else valid_session(session)
        with JournalReader.open(path) as reader:
            found = [record for record in reader.sessions() if name in (None, record.name)]
            if name is not None and not found:
                raise SourceNotFound(f"{path} has no session called {name}.", fix="See edge-report without --session.")
            told = [Told(record, reader.windows(record.id) if windows else ()) for record in found]
            match format:
                case Format.TEXT:
                    write_text(told, sys.stdout, terminal=sys.stdout.isatty(), notices=reader.notices())
                case Format.JSON:
                    write_json(told, sys.stdout, reader.notices())
                case Format.CSV:
                    write_csv(told, sys.stdout)
                    for notice in reader.notices():
                        print(notice.text, file=sys.stderr)


if __name__ == "__main__":
    app()
