"""The chart of a session: SVG paths of its levels and its score over time, from any number of windows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, inf, isfinite
from typing import Final

from edge.core.labels import EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW, percentile_of
from edge.core.summaries import Summary
from edge.core.windowing.merging import merge

WIDTH: Final = 700.0  # of every chart
SHARES_HEIGHT: Final = 80.0
SCORE_HEIGHT: Final = 120.0
_COLUMNS: Final = 180  # at most; several windows share one
_SCORES: Final = (-1.2, 1.2)  # the least range of the axis: percentiles 4 to 96
_FARTHEST: Final = 4.0  # a score beyond is drawn at the edge
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MARKS: Final = 8  # on the axis of time, at most


@dataclass(frozen=True, slots=True)
class Mark:
    """A position on an axis and its label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths in the syntax of SVG's `d`, in units of WIDTH and the heights, y downwards; empty without data."""

    together: int  # windows in a column
    levels: Sequence[tuple[str, str]]  # each level's name and path
    unreadable: str
    score: str  # the mean: a line with gaps where nothing was read
    spread: str  # one standard deviation on both sides of it
    marks_s: Sequence[Mark]  # on the axis of time
    marks: Sequence[Mark]  # on the axis of the score: the thresholds between the levels


@dataclass(frozen=True, slots=True)
class _Column:
    """One or several windows as they are drawn."""

    left: float
    width: float
    summary: Summary


def chart(windows: Iterable[Summary], count: int, window_s: float) -> Chart | None:
    """Draw the windows of a session.

    Args:
        windows: In order; read once.
        count: How many there are, lost ones included.
        window_s: Length of a window in seconds.

    Returns:
        The chart, at most 180 columns wide; None without windows.
    """
    together = max(1, ceil(count / _COLUMNS))
    timed = list(_columns(windows, together, window_s if isfinite(window_s) and window_s > 0 else 1.0))
    if not timed:
        return None
    end_s = max(column.left + column.width for column in timed) or 1.0
    scale = WIDTH / end_s
    columns = [_Column(column.left * scale, column.width * scale, column.summary) for column in timed]
    levels, unreadable = _shares(columns)
    lowest, highest = _scores(columns)

    def height(score: float) -> float:
        return (highest - _within(score, lowest, highest)) / (highest - lowest) * SCORE_HEIGHT

    score, spread = _score(columns, height)
    return Chart(
        together=together,
        levels=levels,
        unreadable=unreadable,
        score=score,
        spread=spread,
        marks_s=[Mark(at_s * scale, _time(at_s)) for at_s in _times(end_s)],
        marks=[
            Mark(height(score), f"{score:+.2f} ({percentile_of(score):.0f})")
            for score in (EXPRESSIVE_ABOVE, RESERVED_BELOW)
        ],
    )


def _shares(columns: Iterable[_Column]) -> tuple[list[tuple[str, str]], str]:
    """The paths of each level and of the unreadable time, stacked from below."""
    levels: dict[str, list[str]] = {level.value: [] for level in LEVELS}
    unreadable = []
    for column in columns:
        top = SHARES_HEIGHT
        readable = _within(column.summary.readable_share, 0.0, 1.0)
        for name, drawn in levels.items():
            part = _within((column.summary.levels or {}).get(name, 0.0), 0.0, 1.0) * readable * SHARES_HEIGHT
            top -= part
            if part > 0:
                drawn.append(_box(column.left, top, column.width, part))
        if top > 0.05:
            unreadable.append(_box(column.left, 0.0, column.width, top))
    return [(name, "".join(drawn)) for name, drawn in levels.items()], "".join(unreadable)


def _score(columns: Iterable[_Column], height: Callable[[float], float]) -> tuple[str, str]:
    """The paths of the score's mean and of its standard deviation."""
    line, spread = [], []
    drawn_to = -inf  # where the line ends; it begins anew after a gap
    for column in columns:
        left, width, mean = column.left, column.width, column.summary.score_mean
        if mean is None or not isfinite(mean):
            continue
        sd = _within(column.summary.score_sd or 0.0, 0.0, _FARTHEST)
        line.append(f"{'L' if left - drawn_to < 0.1 else 'M'}{left:.1f} {height(mean):.1f}H{left + width:.1f}")
        spread.append(_box(left, height(mean + sd), width, height(mean - sd) - height(mean + sd)))
        drawn_to = left + width
    return "".join(line), "".join(spread)


def _columns(windows: Iterable[Summary], together: int, window_s: float) -> Iterator[_Column]:
    """Columns in seconds since the session's start; lost windows leave a gap."""
    for _, some in groupby(windows, key=lambda window: window.sequence // together):
        group = list(some)
        merged = merge(group) if len(group) > 1 else group[0]
        length_s = merged.length_s if isfinite(merged.length_s) else 0.0
        yield _Column(max(group[0].sequence, 0) * window_s, _within(length_s, 0.0, together * window_s), merged)


def _scores(columns: Iterable[_Column]) -> tuple[float, float]:
    """The range of the score's axis."""
    means = [column.summary.score_mean for column in columns]
    known = [_within(score, -_FARTHEST, _FARTHEST) for score in means if score is not None]
    lowest, highest = _SCORES
    return min(lowest, *known, lowest), max(highest, *known, highest)


def _times(end_s: float) -> Iterator[float]:
    """The seconds at which the axis of time has marks."""
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
