"""A report for people: a table of sessions, and where asked for one of each session's windows."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, TextIO

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from edge.core.labels import LEVELS
from edge.core.sessions import SessionRecord
from edge.core.summaries import Summary
from edge.report.rows import Told

_FIRST_TO_GO: Final = (  # where a terminal is narrow
    "Others",
    "Changes/min",
    "Windows",
    "Score",
    "Emotion",
    "Length",
    "Started (UTC)",
    "Readable",
    "State",
)
_WORDS: Final = ("Session", "State", "Started (UTC)", "Emotion")  # the other columns hold figures
_AT_ONCE: Final = 500  # windows in a table: its widths need all of its rows


def write_text(told: Iterable[Told], out: TextIO, *, terminal: bool) -> None:
    """A table with lines that fits the terminal, or for a file or a pipe plain columns, however wide."""
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    reported = list(told)
    if not reported:
        console.print("No sessions yet.")
        return
    _print(console, [_session(one.session) for one in reported])
    for one in reported:
        windows = iter(one.windows)
        while part := list(islice(windows, _AT_ONCE)):
            console.print()
            console.print(_plain(f"Windows of {one.session.name}, {one.session.window_s:g} s each"))
            _print(console, [{"Window": str(window.sequence), **_figures(window)} for window in part])


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
    if summary is None:
        return cells
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


def _duration(time_s: float) -> str:
    if time_s < 60:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _plain(text: str) -> Text:
    return Text("".join(letter if letter.isprintable() else "?" for letter in text))
