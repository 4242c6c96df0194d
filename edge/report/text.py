"""A report for people: a table of sessions, and where asked for one of each session's windows."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from edge.core.labels import LEVELS
from edge.core.sessions import Notice, SessionRecord
from edge.core.summaries import Summary
from edge.report.rows import Told

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
    "State",
)
_SELDOM: Final = ("Gaps", "Lost", "Most fps")  # shown where there is something to show
_NAMED: Final = 5  # sessions in a line
_WORDS: Final = ("Session", "State", "Started (UTC)", "Emotion", "Gaps")  # the other columns hold figures
_AT_ONCE: Final = 500  # windows in a table: its widths need all of its rows


def write_text(told: Iterable[Told], out: TextIO, *, terminal: bool, notices: Iterable[Notice] = ()) -> None:
    """A table with lines that fits the terminal, or for a file or a pipe plain columns, however wide.

    Notices and dates that nobody can be sure of are told below the sessions.
    """
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    reported = list(told)
    if reported:
        _print(console, _without_empty([_session(one.session) for one in reported]))
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
            _print(console, _without_empty([{"Window": str(window.sequence), **_figures(window)} for window in part]))


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
        justify: JustifyMethod = "left" if name in _WORDS else "right"
        table.add_column(name, justify=justify, no_wrap=name != "Session", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row[name]) for name in names))
    return table


def _session(session: SessionRecord) -> dict[str, str]:
    about = {"Session": session.name, "State": session.state.value, "Windows": str(session.windows)}
    return about | _figures(session.summary) | {"Started (UTC)": f"{session.started_at:%Y-%m-%d %H:%M:%S}"}


def _figures(summary: Summary | None) -> dict[str, str]:
    levels = {level.value.capitalize(): "-" for level in LEVELS}
    cells = {"Started (UTC)": "-", "Length": "-", "Readable": "-", **levels}
    cells |= {"Score": "-", "Changes/min": "-", "Emotion": "-", "Others": "-"}
    cells |= dict.fromkeys(_SELDOM, "")
    if summary is None:
        return cells
    cells["Gaps"] = ", ".join(f"{reason} {_duration(time_s)}" for reason, time_s in summary.gaps.items() if time_s > 0)
    cells["Lost"] = str(summary.summaries_lost or "")
    cells["Most fps"] = "" if summary.rate_fps is None else f"{summary.rate_fps:.3g}"
    cells["Started (UTC)"] = f"{summary.started_at:%Y-%m-%d %H:%M:%S}"
    cells["Length"] = _duration(summary.length_s)
    cells["Readable"], cells["Others"] = f"{summary.readable_share:.0%}", f"{summary.others_share:.0%}"
    if summary.readable_share > 0:
        emotion = max(summary.emotions, key=summary.emotions.__getitem__, default="-")
        cells |= {level.value.capitalize(): f"{summary.levels.get(level.value, 0.0):.0%}" for level in LEVELS}
        cells["Score"] = f"{summary.score_mean or 0:+.2f} +/- {summary.score_sd or 0:.2f}"
        cells["Changes/min"] = f"{summary.level_changes_per_minute or 0:.1f}"
        cells["Emotion"] = f"{emotion} {summary.emotions.get(emotion, 0.0):.0%}"
    return cells


def _without_empty(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The rows without those of the seldom columns that say nothing in any of them."""
    left_out = [name for name in _SELDOM if not any(row[name] for row in rows)]
    return [{name: cell for name, cell in row.items() if name not in left_out} for row in rows]


def purged_text(sessions: int, summaries: int, files: Sequence[Path], journal: Path, *, dry_run: bool) -> str:
    """A line about what was deleted from a journal, and one for each file that was deleted whole."""
    done = "Would delete" if dry_run else "Deleted"
    words = [f"{done} {summaries} summaries and {sessions} sessions from {journal}."]
    if not dry_run and (summaries or sessions):
        words.append("Looked for them in its files: they are gone.")
    return "\n".join([*words, *(f"{done} {file}." for file in files)])


def _duration(time_s: float) -> str:
    if time_s < 60:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _plain(text: str) -> Text:
    return Text("".join(letter if letter.isprintable() else "?" for letter in text))
