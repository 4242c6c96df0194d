"""edge-report: the sessions of a journal as text, HTML, JSON or CSV."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.common.app import App
from edge.core.errors import NotAsSealed, SourceNotFound
from edge.core.sessions import valid_session
from edge.journal.exporting import opened_export
from edge.journal.location import default_journal
from edge.journal.opening import refuse_other_file
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Keys, Seal
from edge.report.documents import write_json
from edge.report.rows import ReportedSession, columns, session_rows, window_rows
from edge.report.tables import write_csv
from edge.report.text import write_text

app = App()


class Format(StrEnum):
    """The format of a report."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


class Rows(StrEnum):
    """What a row of a table is."""

    SESSIONS = "sessions"
    WINDOWS = "windows"


@app.command()
def report(
    journal: Annotated[
        Path | None,
        typer.Argument(help="The journal; by default ~/.local/state/edge/journal.sqlite.", show_default=False),
    ] = None,
    format: Annotated[Format, typer.Option(help="A table, a page, one JSON document, or CSV.")] = Format.TEXT,
    session: Annotated[str | None, typer.Option(help="Only sessions of this name.", show_default=False)] = None,
    rows: Annotated[
        Rows, typer.Option(help="With windows: those of each session, in tables of their own; in CSV only they.")
    ] = Rows.SESSIONS,
    windows: Annotated[bool, typer.Option("--windows", help="The same as --rows windows.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, for you alone.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="FILE", help="Open what is sealed with this key; may be given several times."),
    ] = None,
    seal_to: Annotated[
        list[str] | None,
        typer.Option("--seal-to", metavar="age1...|FILE", help="Seal the report; edge-keys open and age read it."),
    ] = None,
) -> None:
    """Show the sessions of a journal, also while edge-run writes it: complete, interrupted, or still open.

    Exit codes: 0 done, 2 usage, 65 something is not as it was sealed, 66 no such journal or session, 74 cannot write,
    78 unusable or wrong key.
    """
    path = journal or default_journal()
    refuse_other_file(path)
    name = None if session is None else valid_session(session)
    windows = windows or rows is Rows.WINDOWS
    keys, seal = Keys.of(key) if key else None, Seal.to(seal_to) if seal_to else None
    with JournalReader.open(path) as reader:
        if keys is not None:
            reader.unlock(keys)
        found = [record for record in reader.sessions() if name in (None, record.name)]
        if name is not None and not found:
            raise SourceNotFound(f"{path} has no session called {name}.", fix="See edge-report without --session.")
        reported = [ReportedSession(record, reader.rows(record.id) if windows else ()) for record in found]
        with opened_export(output, seal) as out:
            match format:
                case Format.TEXT:
                    write_text(reported, out, terminal=out.isatty(), notices=reader.notices())
                case Format.HTML:
                    from edge.report.html import write_html

                    write_html(found, reader.rows, out, windows=windows, notices=reader.notices())
                case Format.JSON:
                    write_json(reported, out, reader.notices())
                case Format.CSV:
                    write_csv(window_rows(reported) if windows else session_rows(reported), out, columns(reported))
                    for notice in reader.notices():
                        print(notice.text, file=sys.stderr)
        if keys is None and (sealed := sum(record.sealed for record in found)):
            print(f"{sealed} summaries are sealed: edge-report --key FILE opens them.", file=sys.stderr)
        if reader.unopened:
            raise NotAsSealed(" ".join(reader.unopened), fix="Give all keys with --key, or use a copy.")


if __name__ == "__main__":
    app()
