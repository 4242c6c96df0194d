"""Exponential smoothing of readings over time, with the same effect at 5 and at 30 frames a second."""

from collections.abc import Callable
from math import exp

from edge.core.readings import Reading

Compose = Callable[[tuple[float, ...] | None, float], Reading]


class Smoother:
    """Smooths the readings of one participant.

    s += (1 - exp(-dt / tau)) * (new - s): the exponential moving average of an unevenly sampled series with
    next-point interpolation, Zumbach and Müller 2001, "Operators on inhomogeneous time series", International Journal
    of Theoretical and Applied Finance 4(1), section 3. After three time constants 5 % of an old reading is left, so
    nothing needs to be reset after a long gap.

    The emotions' probabilities and the score are smoothed, and the reading is computed from the result: level, levels
    and confidence follow from the score, so that they never contradict each other.

    Args:
        time_constant_s: tau, in seconds; 0: no smoothing.
        compose: Returns the reading of probabilities of the emotions (7; None: not computed), and of a score.
    """

    def __init__(self, time_constant_s: float, compose: Compose) -> None:
        self._time_constant_s, self._compose = time_constant_s, compose
        self._last: Reading | None = None
        self._tick_s = 0.0

    def reset(self) -> None:
        """Forget the past: the next reading is another participant's, or follows an absence."""
        self._last = None

    def update(self, reading: Reading, tick_s: float) -> Reading:
        """Add a reading and return the smoothed one.

        Args:
            reading: The newest reading.
            tick_s: Its tick in seconds; one before the last tick changes nothing.

        Returns:
            A reading whose emotion, level, levels and confidence follow from what was smoothed.
        """
        last = self._last
        if last is None or self._time_constant_s <= 0:
            smoothed = reading
        else:
            alpha = 1 - exp(-max(tick_s - self._tick_s, 0.0) / self._time_constant_s)
            emotions = None
            if last.emotions is not None and reading.emotions is not None:
                emotions = _mix(last.emotions, reading.emotions, alpha)
            smoothed = self._compose(emotions, last.score + alpha * (reading.score - last.score))
        self._last, self._tick_s = smoothed, max(tick_s, self._tick_s) if last is not None else tick_s
        return smoothed


def _mix(old: tuple[float, ...], new: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    return tuple(was + alpha * (now - was) for was, now in zip(old, new, strict=True))
