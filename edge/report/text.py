"""A report for people: a table of sessions, and where asked for one of each session's windows."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from edge.core.sessions import JournalNotice
from edge.report.cells import WORDS, printable, session_cells, window_cells, without_empty
from edge.report.rows import ReportSession

_FIRST_TO_GO: Final = (  # where a terminal is narrow
    "Most fps",
    "Others",
    "Changes/min",
    "Windows",
    "Score",
    "Emotion",
    "Length",
    "Started (UTC)",
    "Readable",
    "Gaps",
    "Purpose",
    "State",
)
_NAMED: Final = 5  # sessions in a line
_AT_ONCE: Final = 500  # windows in a table: its widths need all of its rows


def write_text(
    told: Iterable[ReportSession], out: TextIO, *, terminal: bool, notices: Iterable[JournalNotice] = ()
) -> None:
    """A table with lines that fits the terminal, or for a file or a pipe plain columns, however wide.

    Notices and dates that nobody can be sure of are told below the sessions.
    """
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    reported = list(told)
    if reported:
        _print(console, without_empty([session_cells(one.session) for one in reported]))
    else:
        console.print("No sessions yet.")
    uncertain = [one.session.name for one in reported if one.session.clock_synchronised is False]
    if uncertain:
        more = f" and {len(uncertain) - _NAMED} more" if len(uncertain) > _NAMED else ""
        names = ", ".join(uncertain[:_NAMED])
        console.print(_plain(f"Dates may be wrong, for the clock was not synchronised: {names}{more}."), soft_wrap=True)
    for notice in notices:
        console.print(_plain(f"Notice of {notice.noticed_at:%Y-%m-%d %H:%M}: {notice.text}"), soft_wrap=True)
    for one in reported:
        windows = iter(one.windows)
        while part := list(islice(windows, _AT_ONCE)):
            console.print()
            console.print(_plain(f"Windows of {one.session.name}, {one.session.window_s:g} s each"))
            _print(console, without_empty([window_cells(window, one.session.purpose) for window in part]))


def _print(console: Console, rows: Sequence[Mapping[str, str]]) -> None:
    names = list(rows[0])
    table = _table(rows, names, lines=console.is_terminal)
    left_out = []
    for name in _FIRST_TO_GO:
        if console.measure(table, options=console.options.update(width=1000)).maximum <= console.width:
            break
        if name in names:
            names.remove(name)
            left_out.append(name)
            table = _table(rows, names, lines=console.is_terminal)
    with console.capture() as capture:
        console.print(table)
    console.file.write("".join(line.rstrip() + "\n" for line in capture.get().splitlines()))
    if left_out:
        console.print(f"A wider terminal shows more: {', '.join(left_out)}.")


def _table(rows: Sequence[Mapping[str, str]], names: Sequence[str], *, lines: bool) -> Table:
    table = Table(box=box.ROUNDED if lines else None, pad_edge=lines, padding=(0, 1) if lines else (0, 2, 0, 0))
    for name in names:
        justify: JustifyMethod = "left" if name in WORDS else "right"
        table.add_column(name, justify=justify, no_wrap=name != "Session", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row[name]) for name in names))
    return table


def purged_text(sessions: int, summaries: int, files: Sequence[Path], journal: Path, *, dry_run: bool) -> str:
    """A line about what was deleted from a journal, and one for each file that was deleted whole."""
    done = "Would delete" if dry_run else "Deleted"
    words = [f"{done} {summaries} summaries and {sessions} sessions from {journal}."]
    if not dry_run and (summaries or sessions):
        words.append("Looked for them in its files: they are gone.")
    return "\n".join([*words, *(f"{done} {file}." for file in files)])


def _plain(text: str) -> Text:
    return Text(printable(text))
