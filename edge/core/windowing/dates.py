"""The date of a tick, while the clock on the wall may be set."""

from datetime import datetime, timedelta
from math import isfinite


class Dates:
    """Which date belongs to which tick, counted from one pair of them; a clock that was set is followed."""

    _STEP = timedelta(seconds=1)  # what differs by less is jitter, or a clock that is being slewed

    def __init__(self, tick_s: float, at: datetime) -> None:
        self._tick_s, self._at = tick_s, at

    def at(self, tick_s: float) -> datetime:
        """The date of a tick."""
        return self._at + timedelta(seconds=tick_s - self._tick_s)

    def step(self, tick_s: float, at: datetime) -> timedelta:
        """Hear that at a tick the clock says `at`; by how much all dates move therefore, usually not at all."""
        if not isfinite(tick_s) or abs(moved := at - self.at(tick_s)) < self._STEP:
            return timedelta()
        self._at += moved
        return moved

    def slept(self, time_s: float) -> None:
        """From here on every tick is so much later."""
        self._at += timedelta(seconds=time_s)
