"""Which frames of a recording are read where their rate is bounded."""

from typing import Final

_ROUNDING_S: Final = 1e-6  # of ticks that were added up


class Sampling:
    """Passes over frames that come sooner than `every_s` after the one before, in media time; None passes over none."""

    def __init__(self, every_s: float | None) -> None:
        self._every_s = every_s
        self._due_s: float | None = None

    def takes(self, tick_s: float) -> bool:
        """Return whether the frame at a tick is read; call it once for each frame, in order."""
        if self._due_s is not None and tick_s < self._due_s - _ROUNDING_S:
            return False
        if self._every_s is not None:
            due_s = tick_s if self._due_s is None else self._due_s
            self._due_s = max(due_s, tick_s - self._every_s) + self._every_s
        return True
