"""Frames of a recorded source: pictures at their media times."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame


class Reel:
    """Makes frames of pictures and their media times.

    Args:
        recorded_at: The date of media time 0 (UTC); None: unknown, and so are those of the frames.
        length_s: The length of the recording in seconds; None: unknown.
    """

    def __init__(self, recorded_at: datetime | None, length_s: float | None = None) -> None:
        self._recorded_at, self._length_s = recorded_at, length_s

    def frame(self, rgb: NDArray[np.uint8], tick_s: float, dropped_before: int = 0) -> Frame:
        """Return a frame.

        Args:
            rgb: (height, width, 3) RGB, uint8.
            tick_s: Media time in seconds, >= 0.
            dropped_before: Frames since the previous one that could not be decoded.
        """
        taken_at = None if self._recorded_at is None else self._recorded_at + timedelta(seconds=tick_s)
        return Frame(rgb, tick_s, taken_at, dropped_before, self._length_s)
