"""A session's course as shapes: what a chart draws, in its own units, from however many windows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, inf, isfinite
from typing import Final

from edge.core.labels import EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW
from edge.core.summaries import Summary
from edge.core.windowing.merging import merge

WIDTH: Final = 700.0  # of every chart
SHARES_HEIGHT: Final = 80.0
SCORE_HEIGHT: Final = 120.0
_COLUMNS: Final = 180  # at most; more windows are drawn together
_SCORES: Final = (-1.2, 0.7)  # what is drawn at least; the shipped network's scores lie within
_FARTHEST: Final = 4.0  # a score beyond this is drawn at the edge
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MARKS: Final = 8  # of time, at most


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths in the syntax of SVG's `d`; y grows downwards. Empty paths where there is nothing to draw."""

    together: int  # windows in a column
    levels: Sequence[tuple[str, str]]  # each level's name and its part of the columns
    unreadable: str
    score: str  # the mean, a line that breaks where nothing was read
    spread: str  # one standard deviation around it
    marks_s: Sequence[Mark]  # of time
    marks: Sequence[Mark]  # of the score: the thresholds between the levels


@dataclass(frozen=True, slots=True)
class _Column:
    left: float
    width: float
    summary: Summary


def chart(windows: Iterable[Summary], count: int, window_s: float) -> Chart | None:
    """The chart of `count` windows of `window_s` seconds each; None where there is none."""
    together = max(1, ceil(count / _COLUMNS))
    columns = list(_columns(windows, together, window_s if isfinite(window_s) and window_s > 0 else 1.0))
    if not columns:
        return None
    end_s = max(column.left + column.width for column in columns) or 1.0
    scale = WIDTH / end_s
    lowest, highest = _scores(columns)

    def height(score: float) -> float:
        return (highest - _within(score, lowest, highest)) / (highest - lowest) * SCORE_HEIGHT

    levels: dict[str, list[str]] = {level.value: [] for level in LEVELS}
    unreadable, line, spread_out = [], [], []
    drawn_to = -inf  # where the line ends; it begins anew after a hole
    for column in columns:
        left, width, summary = column.left * scale, column.width * scale, column.summary
        top = SHARES_HEIGHT
        readable = _within(summary.readable_share, 0.0, 1.0)
        for name, drawn in levels.items():
            part = _within(summary.levels.get(name, 0.0), 0.0, 1.0) * readable * SHARES_HEIGHT
            top -= part
            if part > 0:
                drawn.append(_box(left, top, width, part))
        if top > 0.05:
            unreadable.append(_box(left, 0.0, width, top))
        mean, spread = summary.score_mean, _within(summary.score_sd or 0.0, 0.0, _FARTHEST)
        if mean is None or not isfinite(mean):
            continue
        line.append(f"{'L' if left - drawn_to < 0.1 else 'M'}{left:.1f} {height(mean):.1f}H{left + width:.1f}")
        spread_out.append(_box(left, height(mean + spread), width, height(mean - spread) - height(mean + spread)))
        drawn_to = left + width
    marks = [Mark(height(score), f"{score:+.2f}") for score in (EXPRESSIVE_ABOVE, RESERVED_BELOW)]
    return Chart(
        together=together,
        levels=[(name, "".join(drawn)) for name, drawn in levels.items()],
        unreadable="".join(unreadable),
        score="".join(line),
        spread="".join(spread_out),
        marks_s=[Mark(at_s * scale, _time(at_s)) for at_s in _times(end_s)],
        marks=marks,
    )


def _columns(windows: Iterable[Summary], together: int, window_s: float) -> Iterator[_Column]:
    """Columns by time since the session's start, in seconds; windows that were lost leave a hole."""
    for _, some in groupby(windows, key=lambda window: window.sequence // together):
        group = list(some)
        whole = merge(group) if len(group) > 1 else group[0]
        length_s = whole.length_s if isfinite(whole.length_s) else 0.0
        yield _Column(max(group[0].sequence, 0) * window_s, _within(length_s, 0.0, together * window_s), whole)


def _scores(columns: Iterable[_Column]) -> tuple[float, float]:
    told = [column.summary.score_mean for column in columns]
    known = [_within(score, -_FARTHEST, _FARTHEST) for score in told if score is not None]
    lowest, highest = _SCORES
    return min(lowest, *known, lowest), max(highest, *known, highest)


def _times(end_s: float) -> Iterator[float]:
    step_s = next((step_s for step_s in _STEPS_S if end_s / step_s <= _MARKS), None)
    step_s = step_s or ceil(end_s / _MARKS / 86400) * 86400
    at_s = 0.0
    while at_s <= end_s:
        yield at_s
        at_s += step_s


def _time(at_s: float) -> str:
    minutes, seconds = divmod(round(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"M{left:.1f} {top:.1f}H{left + width:.1f}V{top + height:.1f}H{left:.1f}z"


def _within(value: float, lowest: float, highest: float) -> float:
    return min(max(value, lowest), highest) if isfinite(value) else lowest
