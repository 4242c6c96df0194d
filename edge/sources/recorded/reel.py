"""Frames of a recorded source: pictures at their media times."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame


class Reel:
    """Makes frames of pictures and their media times, which begin when it is made."""

    def __init__(self) -> None:
        self._opened_at = datetime.now(UTC)

    def frame(self, rgb: NDArray[np.uint8], tick_s: float, dropped_before: int = 0) -> Frame:
        """Return a frame.

        Args:
            rgb: (height, width, 3) RGB, uint8.
            tick_s: Media time in seconds.
            dropped_before: Frames since the previous one that could not be decoded.
        """
        return Frame(rgb, tick_s, self._opened_at + timedelta(seconds=tick_s), dropped_before)
