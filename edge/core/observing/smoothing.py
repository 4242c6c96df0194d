"""Exponential smoothing of readings over seconds, so that it means the same at 5 and at 30 frames per second."""

from collections.abc import Callable
from math import exp

from edge.core.readings import Reading

Compose = Callable[[tuple[float, ...] | None, tuple[float, ...]], Reading]


class Smoother:
    """Smooths one person's readings.

    s += (1 - exp(-dt / tau)) * (new - s): the exponential moving average of an unevenly sampled series with
    next-point interpolation, Zumbach and Müller 2001, "Operators on inhomogeneous time series", International Journal
    of Theoretical and Applied Finance 4(1), section 3. After three time constants 5 % of an old reading is left, so a
    long gap forgets by itself.

    The probabilities are smoothed, and `compose` makes a reading of what results. Smoothing the score instead would
    take a face that begins to smile through a long stretch in which score and probabilities contradict each other.
    """

    def __init__(self, time_constant_s: float, compose: Compose) -> None:
        """`time_constant_s` is tau, in seconds; 0 means no smoothing. `compose` takes emotions
        (7, or None where they are not computed) and levels (3).
        """
        self._time_constant_s, self._compose = time_constant_s, compose
        self._last: Reading | None = None
        self._tick_s = 0.0

    def reset(self) -> None:
        """Forget what was: the next reading is another person's, or the same one's after an absence."""
        self._last = None

    def update(self, reading: Reading, tick_s: float) -> Reading:
        """The smoothed reading at `tick_s`; its emotion, score, level and confidence follow from the probabilities."""
        last = self._last
        if last is None or self._time_constant_s <= 0:
            smoothed = reading
        else:
            alpha = 1 - exp(-max(tick_s - self._tick_s, 0.0) / self._time_constant_s)
            emotions = None
            if last.emotions is not None and reading.emotions is not None:
                emotions = _mix(last.emotions, reading.emotions, alpha)
            smoothed = self._compose(emotions, _mix(last.levels, reading.levels, alpha))
        self._last, self._tick_s = smoothed, max(tick_s, self._tick_s) if last is not None else tick_s
        return smoothed


def _mix(old: tuple[float, ...], new: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    return tuple(was + alpha * (now - was) for was, now in zip(old, new, strict=True))
