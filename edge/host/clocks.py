"""The clocks that time is told by: one that never jumps, the one on the wall, and how long the machine has slept."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What a running session asks about time; tests bring a clock of their own."""

    def tick_s(self) -> float:
        """Seconds on a clock that never jumps and stands still while the machine sleeps."""
        ...

    def now(self) -> datetime:
        """The date, UTC; it may jump."""
        ...

    def asleep_s(self) -> float:
        """Seconds that the machine has been suspended, up to a constant: only the difference of two answers counts."""
        ...

    def wait(self, stop: Event, time_s: float) -> bool:
        """Wait, for as long as `stop` is not set; whether it is."""
        ...


class SystemClock:
    """The kernel's clocks: CLOCK_MONOTONIC, CLOCK_REALTIME, and CLOCK_BOOTTIME for what passes during a suspend."""

    def tick_s(self) -> float:
        """As live sources stamp their frames."""
        return time.monotonic()

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)

    def asleep_s(self) -> float:
        """CLOCK_BOOTTIME counts a suspend and CLOCK_MONOTONIC does not; see clock_gettime(2)."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()

    def wait(self, stop: Event, time_s: float) -> bool:
        """Wait in real time."""
        return stop.wait(max(time_s, 0.0))
