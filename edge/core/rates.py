"""How many frames a second were read just now."""

from collections import deque
from math import nan


class FrameRate:
    """Counts frames over a sliding second.

    Args:
        over_s: Length of the sliding window, in seconds.
    """

    def __init__(self, over_s: float = 1.0) -> None:
        self._over_s = over_s
        self._ticks_s: deque[float] = deque()

    def count(self, tick_s: float) -> float:
        """Count a frame.

        Args:
            tick_s: When it was read, in seconds on a monotonic clock.

        Returns:
            Frames a second; nan after a first frame, which has no rate yet.
        """
        self._ticks_s.append(tick_s)
        return self.rate_fps(tick_s)

    def rate_fps(self, now_s: float) -> float:
        """Return frames a second over the window that ends at `now_s`; nan where fewer than two ticks differ."""
        while self._ticks_s and now_s - self._ticks_s[0] > self._over_s:
            self._ticks_s.popleft()
        spent_s = now_s - self._ticks_s[0] if self._ticks_s else 0.0
        return (len(self._ticks_s) - 1) / spent_s if spent_s > 0 else nan

    def clear(self) -> None:
        """Forget every frame, as after an absence of the source."""
        self._ticks_s.clear()
