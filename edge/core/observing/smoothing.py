"""Smoothing of readings over time, and holding of the level, with the same effect at 5 and at 30 frames a second."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW, Level, level_of
from edge.core.readings import Reading

Compose = Callable[[tuple[float, ...] | None, float], Reading]

_MARGIN: Final = 0.15  # a score so far beyond a threshold changes the level at once: 8 percentiles at the thresholds
_HELD_S: Final = 3.0  # so long beyond it, at whatever distance, changes it as well
_INSIDE: Final = 0.001  # a held level's score stays so far within its third


class Smoother:
    """Smooths the readings of one participant.

    A smoothed score is the median of the last `over_s` seconds: noise and a blink leave no trace, and a change of
    expression is followed after half the time, however large it is. Emotions are the mean of their probabilities.

    The level has hysteresis: a face that stays near a threshold keeps its level until the score is well beyond it, or
    beyond it for three seconds. Meanwhile the score stays just within the held level's third, so that level, score and
    probabilities agree in every reading.

    Args:
        over_s: Seconds over which readings are smoothed; 0: no smoothing, and no hysteresis.
        compose: Returns the reading of probabilities of the emotions (None: not computed), and of a score.
    """

    def __init__(self, over_s: float, compose: Compose) -> None:
        self._over_s, self._compose = over_s, compose
        self._recent: deque[tuple[float, Reading]] = deque()
        self._level: Level | None = None  # the one that is held
        self._beyond_since_s: float | None = None  # since when the score is another level's

    def reset(self) -> None:
        """Forget the past: the next reading is another participant's, or follows an absence."""
        self._recent.clear()
        self._level = self._beyond_since_s = None

    def update(self, reading: Reading, tick_s: float) -> Reading:
        """Add a reading and return the smoothed one.

        Args:
            reading: The newest reading.
            tick_s: Its tick in seconds; one before the last tick counts as that.

        Returns:
            A reading whose emotion, level, levels and confidence follow from what was smoothed.
        """
        if self._over_s <= 0:
            return reading
        if self._recent:
            tick_s = max(tick_s, self._recent[-1][0])
            if tick_s - self._recent[-1][0] >= max(_HELD_S, self._over_s):
                self.reset()
        self._recent.append((tick_s, reading))
        while len(self._recent) > 1 and self._recent[0][0] <= tick_s - self._over_s:
            self._recent.popleft()
        readings = [one for _, one in self._recent]
        score = self._held(_median([one.score for one in readings]), tick_s)
        alone = len(readings) == 1 and score == reading.score
        return reading if alone else self._compose(_emotions(readings), score)

    def _held(self, score: float, tick_s: float) -> float:
        """The score, or the nearest one of the held level's third."""
        level = level_of(score)
        if self._level is None or level is self._level:
            self._level, self._beyond_since_s = level, None
            return score
        if self._beyond_since_s is None:
            self._beyond_since_s = tick_s
        low, high = _THIRDS[self._level]
        if low - _MARGIN <= score <= high + _MARGIN and tick_s - self._beyond_since_s < _HELD_S:
            return min(max(score, low + _INSIDE), high - _INSIDE)
        self._level, self._beyond_since_s = level, None
        return score


_THIRDS: Final = {
    Level.RESERVED: (float("-inf"), RESERVED_BELOW),
    Level.BALANCED: (RESERVED_BELOW, EXPRESSIVE_ABOVE),
    Level.EXPRESSIVE: (EXPRESSIVE_ABOVE, float("inf")),
}


def _emotions(readings: Sequence[Reading]) -> tuple[float, ...] | None:
    known = [one.emotions for one in readings if one.emotions is not None]
    return tuple(sum(each) / len(known) for each in zip(*known, strict=True)) if known else None


def _median(values: list[float]) -> float:
    values.sort()
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
