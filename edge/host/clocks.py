"""The clocks of a session: monotonic time, the date, and how long the machine was suspended."""

import time
from datetime import UTC, datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """Time as a session reads it; tests inject their own."""

    def tick_s(self) -> float:
        """Return monotonic seconds, without suspends."""
        ...

    def now(self) -> datetime:
        """Return the date, UTC; it may jump."""
        ...

    def asleep_s(self) -> float:
        """Return seconds of suspend up to an unknown constant: only the difference of two values has a meaning."""
        ...

    def wait(self, stop: Event, time_s: float) -> bool:
        """Wait for `time_s` seconds or until `stop` is set; return whether it is."""
        ...


class SystemClock:
    """The kernel's clocks: CLOCK_MONOTONIC, CLOCK_REALTIME, and CLOCK_BOOTTIME for what passes during a suspend."""

    def tick_s(self) -> float:
        """Return CLOCK_MONOTONIC, the clock of live sources' frames."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the system's date, UTC."""
        return datetime.now(UTC)

    def asleep_s(self) -> float:
        """Return CLOCK_BOOTTIME, which counts suspends, less CLOCK_MONOTONIC; see clock_gettime(2)."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()

    def wait(self, stop: Event, time_s: float) -> bool:
        """Wait in real time; return whether `stop` is set."""
        return stop.wait(max(time_s, 0.0))
