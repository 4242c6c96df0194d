"""The time line of a session: SVG paths of its score, levels and emotions, from any number of windows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, inf, isfinite
from typing import Final

from edge.core.labels import EMOTIONS, LEVELS, percentile_of
from edge.core.readings import Unreadable
from edge.core.summaries import Summary
from edge.core.windowing.merging import merge

WIDTH: Final = 700.0  # of every drawing, which the page stretches
HEIGHT: Final = 80.0  # of levels and of emotions
SCORE_HEIGHT: Final = 120.0
_COLUMNS: Final = 180  # at most; several windows share one
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_LEVELS: Final = tuple(level.value for level in LEVELS)
_REASONS: Final = tuple(reason.value for reason in Unreadable)
_MARKS: Final = 4  # on the axis of time, at most, so that they fit on a phone


@dataclass(frozen=True, slots=True)
class Mark:
    """A position on the axis of time, in percent, and its label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Paths in the syntax of SVG's `d`, in units of WIDTH and the heights, y downwards; empty without data."""

    together: int  # windows in a column
    levels: Sequence[tuple[str, str]]  # each level's name and path, stacked from below
    unreadable: Sequence[tuple[str, str]]  # on top of them, each reason that there was
    emotions: Sequence[tuple[str, str]]  # stacked from below, as shares of the readable time; empty: none computed
    score: str  # the mean's percentile: a line with gaps where nothing was read
    spread: str  # one standard deviation on both sides of the mean
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class _Column:
    """One or several windows as they are drawn."""

    left: float
    width: float
    summary: Summary


def timeline(windows: Iterable[Summary], count: int, window_s: float) -> Timeline | None:
    """Draw the windows of a session.

    Args:
        windows: In order; read once.
        count: How many there are, lost ones included.
        window_s: Length of a window in seconds.

    Returns:
        The time line, at most 180 columns wide; None without windows.
    """
    together = max(1, ceil(count / _COLUMNS))
    timed = list(_columns(windows, together, window_s if isfinite(window_s) and window_s > 0 else 1.0))
    if not timed:
        return None
    end_s = max(column.left + column.width for column in timed) or 1.0
    scale = WIDTH / end_s
    columns = [_Column(column.left * scale, column.width * scale, column.summary) for column in timed]
    stacked = _stacked(columns, _of_all_time, [*_LEVELS, *_REASONS])
    feelings = _stacked(columns, _emotions, EMOTIONS) if any(each.summary.emotions for each in columns) else []
    score, spread = _score(columns)
    return Timeline(
        together=together,
        levels=stacked[: len(_LEVELS)],
        unreadable=[(name, path) for name, path in stacked[len(_LEVELS) :] if path],
        emotions=[(name, path) for name, path in feelings if path],
        score=score,
        spread=spread,
        marks=[Mark(round(100 * at_s / end_s, 2), _time(at_s)) for at_s in _times(end_s)],
    )


def _of_all_time(summary: Summary) -> Mapping[str, float]:
    """Shares of the length: of each level, and of each reason why there was none."""
    readable = _within(summary.readable_share, 0.0, 1.0)
    levels = {name: readable * share for name, share in (summary.levels or {}).items()}
    return {**summary.unreadable, **levels}


def _emotions(summary: Summary) -> Mapping[str, float]:
    readable = _within(summary.readable_share, 0.0, 1.0)
    return {name: readable * share for name, share in (summary.emotions or {}).items()}


def _stacked(
    columns: Iterable[_Column], shares_of: Callable[[Summary], Mapping[str, float]], names: Sequence[str]
) -> list[tuple[str, str]]:
    """The paths of each name's shares, stacked from below."""
    drawn: dict[str, list[str]] = {name: [] for name in names}
    for column in columns:
        top, shares = HEIGHT, shares_of(column.summary)
        for name, path in drawn.items():
            part = min(_within(shares.get(name, 0.0), 0.0, 1.0) * HEIGHT, top)
            if part > 0.05:
                path.append(_box(column.left, top - part, column.width, part))
            top -= part
    return [(name, "".join(path)) for name, path in drawn.items()]


def _score(columns: Iterable[_Column]) -> tuple[str, str]:
    """The paths of the mean's percentile and of one standard deviation around it."""
    line, spread = [], []
    drawn_to = -inf  # where the line ends; it begins anew after a gap
    for column in columns:
        left, width, mean = column.left, column.width, column.summary.score_mean
        if mean is None or not isfinite(mean):
            continue
        sd = column.summary.score_sd or 0.0
        sd = sd if isfinite(sd) and sd > 0 else 0.0
        line.append(f"{'L' if left - drawn_to < 0.1 else 'M'}{left:.1f} {_height(mean):.1f}H{left + width:.1f}")
        spread.append(_box(left, _height(mean + sd), width, _height(mean - sd) - _height(mean + sd)))
        drawn_to = left + width
    return "".join(line), "".join(spread)


def _height(score: float) -> float:
    return (1 - percentile_of(score) / 100) * SCORE_HEIGHT


def _columns(windows: Iterable[Summary], together: int, window_s: float) -> Iterator[_Column]:
    """Columns in seconds since the session's start; lost windows leave a gap."""
    for _, some in groupby(windows, key=lambda window: window.sequence // together):
        group = list(some)
        merged = merge(group) if len(group) > 1 else group[0]
        length_s = merged.length_s if isfinite(merged.length_s) else 0.0
        yield _Column(max(group[0].sequence, 0) * window_s, _within(length_s, 0.0, together * window_s), merged)


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
