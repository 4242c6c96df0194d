"""Reports as text: a table of sessions and tables of their windows."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console

from edge.core.insights.text import CAUTION, in_one_line
from edge.core.sessions import JournalNotice
from edge.core.summaries import Summary
from edge.report.cells import (
    segment_cells,
    session_cells,
    uncertain_dates,
    window_cells,
    without_empty,
)
from edge.report.reported import ReportedSession
from edge.report.text_table import plain, print_table

_LEGEND: Final = (
    "Readable: of the whole time. Levels and emotion: of the readable time. Score: 0 is the middle of the training "
    "faces. Percentile: of 100 training faces, so many have a lower score."
)
_NAMED: Final = 5  # sessions that one line names
_AT_ONCE: Final = 500  # windows of one table, which is held in memory


def write_text(
    sessions: Iterable[ReportedSession], out: TextIO, *, terminal: bool, notices: Iterable[JournalNotice] = ()
) -> None:
    """Write a table of sessions, then uncertain dates and notices, then tables of windows and segments.

    Args:
        sessions: What is reported.
        out: A text file.
        terminal: Whether to draw lines and fit the terminal's width; otherwise columns of any width.
        notices: Events of the journal.
    """
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    listed = list(sessions)
    if listed:
        print_table(console, without_empty([session_cells(reported.session) for reported in listed]))
    else:
        console.print("No sessions yet.")
    if terminal and any(each.session.summary is not None for each in listed):
        console.print(_LEGEND)
    _insights(console, listed)
    uncertain = [each.session.name for each in listed if uncertain_dates(each.session)]
    if uncertain:
        more = f" and {len(uncertain) - _NAMED} more" if len(uncertain) > _NAMED else ""
        names = ", ".join(uncertain[:_NAMED])
        console.print(plain(f"Dates may be wrong, for the clock was not synchronised: {names}{more}."), soft_wrap=True)
    for notice in notices:
        console.print(plain(f"Notice of {notice.noticed_at:%Y-%m-%d %H:%M}: {notice.text}"), soft_wrap=True)
    for reported in listed:
        session, windows = reported.session, iter(reported.windows)
        while part := list(islice(windows, _AT_ONCE)):
            console.print()
            console.print(plain(f"Windows of {session.name}, {session.window_s:g} s each"))
            print_table(console, without_empty([window_cells(window, session) for window in part]))
        if segments := list(reported.segments):
            console.print()
            console.print(plain(f"Segments of {session.name}"))
            print_table(console, without_empty([segment_cells(segment, session) for segment in segments]))


def _insights(console: Console, listed: Sequence[ReportedSession]) -> None:
    with_them = [
        (each.session.name, each.session.summary.insights)
        for each in listed
        if isinstance(each.session.summary, Summary) and each.session.summary.insights is not None
    ]
    for name, insights in with_them:
        found = in_one_line(insights) or "nothing could be measured"
        console.print(plain(f"Insights of {name}: {found}."), soft_wrap=True)
    if with_them:
        console.print(CAUTION, soft_wrap=True)


def purged_text(
    journal: Path, *, sessions: int, summaries: int, json_lines: int, files: Sequence[Path], dry_run: bool
) -> str:
    """Return lines about what was deleted from a journal and from JSON lines, and one for each deleted file."""
    done = "Would delete" if dry_run else "Deleted"
    lines = [f"{done} {summaries} summaries and {sessions} sessions from {journal}."]
    if json_lines:
        lines.append(f"{done} {json_lines} JSON lines.")
    if not dry_run and (summaries or sessions or json_lines):
        lines.append("Looked for them in the files: they are gone.")
    return "\n".join([*lines, *(f"{done} {file}." for file in files)])
