"""Dates of ticks, while the system clock may be set."""

from datetime import datetime, timedelta
from math import isfinite


class Dates:
    """Converts ticks to dates, counted from one tick with a known date, and follows a clock that is set.

    Args:
        tick_s: A tick in seconds.
        at: Its date (UTC).
    """

    _STEP = timedelta(seconds=1)  # a smaller difference is jitter, or a clock that is being slewed

    def __init__(self, tick_s: float, at: datetime) -> None:
        self._tick_s, self._at = tick_s, at

    def at(self, tick_s: float) -> datetime:
        """Return the date of a tick."""
        return self._at + timedelta(seconds=tick_s - self._tick_s)

    def step(self, tick_s: float, at: datetime) -> timedelta:
        """Compare with the clock.

        Args:
            tick_s: A tick in seconds.
            at: What the clock shows at it (UTC).

        Returns:
            By how much all dates move: 0 unless the clock was set.
        """
        if not isfinite(tick_s) or abs(moved := at - self.at(tick_s)) < self._STEP:
            return timedelta()
        self._at += moved
        return moved

    def slept(self, time_s: float) -> None:
        """Add seconds to the date of every later tick."""
        self._at += timedelta(seconds=time_s)
