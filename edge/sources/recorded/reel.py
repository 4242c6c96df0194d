"""Frames of a recorded source: pictures at their media times."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame


class Reel:
    """Makes frames of pictures and their media times."""

    def __init__(self) -> None:
        """Read the wall clock, once."""
        self._opened_at = datetime.now(UTC)

    def frame(self, rgb: NDArray[np.uint8], tick_s: float, dropped_before: int = 0) -> Frame:
        """A frame taken `tick_s` seconds of media time after opening."""
        return Frame(rgb, tick_s, self._opened_at + timedelta(seconds=tick_s), dropped_before)
