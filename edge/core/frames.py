"""A frame: one picture of a source and the time at which it was taken."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. It has two times, as a device may boot with the wrong date: subtract ticks, display dates."""

    rgb: NDArray[np.uint8]  # (height, width, 3), RGB
    tick_s: float  # seconds on a clock that never jumps: monotonic for live sources, media time for recorded ones
    taken_at: datetime | None  # UTC, for display; may jump; None: of a recording without a date
    dropped_before: int = 0  # frames of the source since the previous one that were not read
    length_s: float | None = None  # of the recording; None: live, without end, or unknown
