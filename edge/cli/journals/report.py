"""edge-report: the sessions of journals as text, HTML, JSON or tables."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from edge.cli.common.app import App
from edge.cli.common.pdf import opened_pdf
from edge.cli.common.report_formats import Format, Group
from edge.core.errors import NotAsSealed, SourceNotFound, UsageError
from edge.core.labels import EMOTIONS
from edge.core.sessions import EVERY, Chosen, SessionRecord, valid_session
from edge.core.summaries import Kind, utc_moment
from edge.host.garbage import no_collection
from edge.journal.exporting import opened_export
from edge.journal.file.location import default_journal
from edge.journal.sealing.seal import Keys, Seal
from edge.journal.several import Journals
from edge.report.documents import write_json
from edge.report.reported import ReportedSession
from edge.report.text import write_text
from edge.tables.files import opened_table
from edge.tables.summaries import summary_cells, summary_table
from edge.tables.text import write_csv_cells

app = App()

_ON_A_PAGE: Final = 100  # sessions


class Rows(StrEnum):
    """What a row of a table is."""

    SESSIONS = "sessions"
    WINDOWS = "windows"
    SEGMENTS = "segments"


_KINDS: Final = {Rows.SESSIONS: Kind.SESSION, Rows.WINDOWS: Kind.WINDOW, Rows.SEGMENTS: Kind.SEGMENT}


@app.command()
def report(
    journals: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="JOURNAL", help="Journals; by default ~/.local/state/edge/journal.sqlite.", show_default=False
        ),
    ] = None,
    journal: Annotated[
        list[Path] | None,
        typer.Option(metavar="JOURNAL", help="The same, under the name of other commands.", show_default=False),
    ] = None,
    format: Annotated[
        Format,
        typer.Option(help="A table, a page as HTML or PDF, JSON, CSV or Parquet; of a comparison text, CSV or SVG."),
    ] = Format.TEXT,
    session: Annotated[str | None, typer.Option(help="Only sessions of this name.", show_default=False)] = None,
    participant: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only sessions of this participant.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only sessions from then on, UTC.", show_default=False)
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="CODE", help="Compare this participant's sessions with the first of them.")
    ] = None,
    by: Annotated[
        Group | None, typer.Option(help="Means over the participants of a study.", show_default=False)
    ] = None,
    rows: Annotated[
        Rows, typer.Option(help="With windows: those of each session, in tables of their own; in CSV only they.")
    ] = Rows.SESSIONS,
    windows: Annotated[bool, typer.Option("--windows", help="The same as --rows windows.")] = False,
    page: Annotated[
        int, typer.Option(metavar="N", min=1, help=f"Of HTML: which {_ON_A_PAGE} sessions.", show_default=False)
    ] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE|DIR/", help="Write it there, for you alone; HTML also as a folder of pages."
        ),
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
    """Show the sessions of journals, also while edge-run writes them: complete, interrupted, or still open.

    Exit codes: 0 done, 2 usage, 65 something is not as it was sealed, 66 no such journal or session, 74 cannot write,
    78 unusable or wrong key.
    """
    _refuse_contradictions(format, compare, by, participant)
    _refuse_outputs(format, output, page, sealed=bool(seal_to))
    name = None if session is None else valid_session(session)
    chosen = Chosen(name, compare or participant, _date(since))
    keys, seal = Keys.of(key) if key else None, Seal.to(seal_to) if seal_to else None
    shown = Rows.WINDOWS if windows else rows
    wanted = _Wanted(format, shown, page, output, seal, by, compared=compare is not None or by is not None)
    _report([*(journals or ()), *(journal or ())] or [default_journal()], chosen, keys, wanted)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is written, and where."""

    format: Format
    shown: Rows
    page: int
    output: Path | None
    seal: Seal | None
    by: Group | None
    compared: bool


def _report(paths: list[Path], chosen: Chosen, keys: Keys | None, wanted: _Wanted) -> None:
    format, output, seal = wanted.format, wanted.output, wanted.seal
    with Journals.open(paths) as reader:
        if keys is not None:
            reader.unlock(keys)
        of_windows = format in (Format.CSV, Format.PARQUET) and wanted.shown is not Rows.SESSIONS
        sessions = _Sessions(reader.each_session(chosen, figures=wanted.compared or not of_windows))
        if chosen != EVERY and not sessions.any:
            raise SourceNotFound(_nothing(paths, chosen), fix="See edge-report without options.")
        if wanted.compared:
            from edge.cli.common.comparison import write_comparison

            with opened_export(output, seal) as out:
                write_comparison(reader, list(sessions), wanted.by, format, out)
        elif format in (Format.CSV, Format.PARQUET):
            with no_collection():
                _write_table(reader, sessions, _KINDS[wanted.shown], format, output, seal)
        elif format is Format.HTML and output is not None and _is_folder(output):
            from edge.cli.common.report_folder import write_folder

            count, segments_of = reader.count(chosen), partial(reader.rows, kind=Kind.SEGMENT)
            windows = wanted.shown is Rows.WINDOWS
            write_folder(output, reader, iter(sessions), count, _ON_A_PAGE, windows=windows, segments_of=segments_of)
        else:
            with opened_pdf(output) if format is Format.PDF else opened_export(output, seal) as out:
                _write_to_read(reader, sessions, format, wanted.shown, out, (wanted.page, reader.count(chosen)))
        if keys is None and sessions.sealed:
            print(f"{sessions.sealed} summaries are sealed: edge-report --key FILE opens them.", file=sys.stderr)
        if unopened := reader.unopened():
            raise NotAsSealed(" ".join(unopened), fix="Give all keys with --key, or use a copy.")


def _refuse_contradictions(format: Format, compare: str | None, by: Group | None, participant: str | None) -> None:
    compared = compare is not None or by is not None
    if compare is not None and (by is not None or participant is not None):
        raise UsageError("--compare is given with another choice.", fix="Leave out --by and --participant.")
    if compared and format not in (Format.TEXT, Format.CSV, Format.SVG):
        raise UsageError(f"A comparison is not written as {format.value}.", fix="Take text, csv or svg.")
    if format is Format.SVG and not compared:
        raise UsageError("Only a comparison is a picture.", fix="Add --compare CODE or --by question.")


def _refuse_outputs(format: Format, output: Path | None, page: int, *, sealed: bool) -> None:
    if format is Format.PDF and sealed:
        raise UsageError("PDF is written unsealed to a file.", fix="Leave out --seal-to.")
    if format is Format.PARQUET and (output is None or output.suffix != ".parquet" or sealed):
        raise UsageError("Parquet is written unsealed to a file.", fix="Name it with -o FILE.parquet.")
    if format is Format.HTML and output is not None and _is_folder(output) and (sealed or page > 1):
        raise UsageError("A folder gets all pages, unsealed.", fix="Leave out --page and --seal-to, or name a file.")


class _Sessions:
    """Sessions that are read once; counts the sealed summaries of those that were."""

    def __init__(self, sessions: Iterator[SessionRecord]) -> None:
        first = next(sessions, None)
        self.any = first is not None
        self._sessions = chain(() if first is None else (first,), sessions)
        self.sealed = 0

    def __iter__(self) -> Iterator[SessionRecord]:
        for session in self._sessions:
            self.sealed += session.sealed
            yield session


def _write_table(
    reader: Journals,
    sessions: Iterable[SessionRecord],
    kind: Kind,
    format: Format,
    output: Path | None,
    seal: Seal | None,
) -> None:
    """Write CSV or Parquet, and notices of the journals to standard error."""
    others = [label for label in reader.emotion_labels() if label not in EMOTIONS]
    table, cells = summary_table(kind, others), summary_cells(reader.columns(sessions, kind), kind, others)
    if format is Format.PARQUET:
        assert output is not None
        with opened_table(output, table) as file:
            file.write_cells(cells)
    else:
        with opened_export(output, seal) as out:
            write_csv_cells(table.columns, cells, out)
    for notice in reader.notices():
        print(notice.text, file=sys.stderr)


def _write_to_read(
    reader: Journals, sessions: Iterable[SessionRecord], format: Format, shown: Rows, out: TextIO, page: tuple[int, int]
) -> None:
    """Write what people read, and JSON; `page` is a number, from 1, and how many sessions there are on all pages."""
    segments_of = partial(reader.rows, kind=Kind.SEGMENT)
    if format in (Format.HTML, Format.PDF):
        from edge.report.html import write_html

        number, count = page
        first = (number - 1) * _ON_A_PAGE
        found = list(islice(sessions, first, first + _ON_A_PAGE))
        if number > 1 and not found:
            raise UsageError(f"There is no page {number}.", fix=f"The last one is {-(-count // _ON_A_PAGE)}.")
        more = ""
        if count > _ON_A_PAGE:
            more = f"Sessions {first + 1:,} to {first + len(found):,} of {count:,}; --page N shows others."
        windows, notices = shown is Rows.WINDOWS, reader.notices()
        write_html(found, reader.rows, out, windows=windows, notices=notices, part=more, segments_of=segments_of)
        return
    with_windows = shown is Rows.WINDOWS
    reported = (
        ReportedSession(one, reader.rows(one.id) if with_windows else (), segments_of(one.id)) for one in sessions
    )
    if format is Format.JSON:
        write_json(reported, out, reader.notices())
    else:
        write_text(reported, out, terminal=out.isatty(), notices=reader.notices())


def _is_folder(output: Path) -> bool:
    """Whether a folder was named: one that is there, or a new name without an ending such as .html."""
    return output.is_dir() or not (output.suffix or output.exists())


def _nothing(paths: list[Path], chosen: Chosen) -> str:
    """The sentence that no session was found."""
    called = "" if chosen.name is None else f" called {chosen.name}"
    of = "" if chosen.participant is None else f" of participant {chosen.participant}"
    since = "" if chosen.since is None else f" since {chosen.since:%Y-%m-%d %H:%M}"
    have = f"{paths[0]} has" if len(paths) == 1 else "The journals have"
    return f"{have} no session{called}{of}{since}."


def _date(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        return utc_moment(written)
    except ValueError:
        raise UsageError(f"--since {written[:40]!a} is no date.", fix="Give 2026-03-01, UTC.") from None


if __name__ == "__main__":
    app()
