"""A report for people: a table of sessions, and where asked for one of each session's windows."""

from collections.abc import Iterable
from itertools import islice
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.core.labels import LEVELS
from edge.core.sessions import SessionRecord
from edge.core.summaries import Summary
from edge.report.rows import Told

_FIGURES = ("Started (UTC)", "Length", "Readable", *(level.value.capitalize() for level in LEVELS))
_MORE = ("Score", "Changes/min", "Emotion", "Others")
_PART = 500  # windows in a table: a table's widths need all of its rows


def write_text(told: Iterable[Told], out: TextIO, *, terminal: bool) -> None:
    """A table with lines and as wide as the terminal, or for a file or a pipe plain columns, however wide."""
    console = Console(file=out, force_terminal=terminal, width=None if terminal else 400, highlight=False, emoji=False)
    reported = list(told)
    if not reported:
        console.print("No sessions yet.")
        return
    table = _table(("Session", "State", "Windows"), terminal=terminal)
    for one in reported:
        session = one.session
        table.add_row(_plain(session.name), session.state.value, str(session.windows), *_figures(session))
    _print(console, table)
    for one in reported:
        windows = iter(one.windows)
        while part := list(islice(windows, _PART)):
            table = _table(("Window",), terminal=terminal)
            for window in part:
                table.add_row(str(window.sequence), *_cells(window))
            console.print()
            console.print(_plain(f"Windows of {one.session.name}, {one.session.window_s:g} s each"))
            _print(console, table)


def _table(first: tuple[str, ...], *, terminal: bool) -> Table:
    table = Table(box=box.ROUNDED if terminal else None, pad_edge=terminal, padding=(0, 1 if terminal else 2, 0, 0))
    for name in (*first, *_FIGURES, *_MORE):
        figures = name not in ("Session", "State", "Started (UTC)", "Emotion")
        table.add_column(name, justify="right" if figures else "left", no_wrap=not terminal)
    return table


def _print(console: Console, table: Table) -> None:
    with console.capture() as capture:
        console.print(table)
    lines = capture.get().splitlines()
    console.file.write("".join(line.rstrip() + "\n" for line in lines))


def _figures(session: SessionRecord) -> list[str]:
    if session.summary is not None:
        return _cells(session.summary)
    return [f"{session.started_at:%Y-%m-%d %H:%M:%S}", *["-"] * (len(_FIGURES) + len(_MORE) - 1)]


def _cells(summary: Summary) -> list[str]:
    began, length = f"{summary.started_at:%Y-%m-%d %H:%M:%S}", _duration(summary.length_s)
    readable, others = f"{summary.readable_share:.0%}", f"{summary.others_share:.0%}"
    if summary.score_mean is None or summary.score_sd is None or summary.level_changes_per_minute is None:
        return [began, length, readable, *["-"] * len(LEVELS), "-", "-", "-", others]
    levels = [f"{summary.levels.get(level.value, 0.0):.0%}" for level in LEVELS]
    score = f"{summary.score_mean:+.2f} +/- {summary.score_sd:.2f}"
    emotion = max(summary.emotions, key=summary.emotions.__getitem__, default="-")
    return [
        began,
        length,
        readable,
        *levels,
        score,
        f"{summary.level_changes_per_minute:.1f}",
        f"{emotion} {summary.emotions.get(emotion, 0.0):.0%}",
        others,
    ]


def _duration(time_s: float) -> str:
    if time_s < 60:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _plain(text: str) -> Text:
    return Text("".join(letter if letter.isprintable() else "?" for letter in text))
