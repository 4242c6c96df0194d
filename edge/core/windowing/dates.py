"""Dates of ticks, while the system clock may be set."""

from datetime import datetime, timedelta
from math import isfinite


class Dates:
    """Converts ticks to dates, counted from one tick with a known date, and follows a clock that is set.

    Args:
        tick_s: A tick in seconds.
        at: Its date (UTC); None: no tick has a date.
    """

    _STEP = timedelta(seconds=1)  # a smaller difference is jitter, or a clock that is being slewed

    def __init__(self, tick_s: float, at: datetime | None) -> None:
        self._tick_s, self._at = tick_s, at

    def at(self, tick_s: float) -> datetime | None:
        """Return the date of a tick."""
        return None if self._at is None else self._at + timedelta(seconds=tick_s - self._tick_s)

    def step(self, tick_s: float, at: datetime | None) -> timedelta:
        """Compare with the clock.

        Args:
            tick_s: A tick in seconds.
            at: What the clock shows at it (UTC); None: unknown.

        Returns:
            By how much all dates move: 0 unless the clock was set.
        """
        expected = self.at(tick_s) if isfinite(tick_s) else None
        if self._at is None or at is None or expected is None or abs(at - expected) < self._STEP:
            return timedelta()
        self._at += at - expected
        return at - expected

    def slept(self, time_s: float) -> None:
        """Add seconds to the date of every later tick."""
        if self._at is not None:
            self._at += timedelta(seconds=time_s)
