"""A frame: one picture from a source, and when it was taken."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. Two clocks, because a booth may boot with the wrong date: subtract ticks, display dates."""

    rgb: NDArray[np.uint8]  # (height, width, 3)
    tick_s: float  # seconds on a clock that never jumps: monotonic for live sources, media time for recorded ones
    taken_at: datetime  # UTC, for people; may jump
    dropped_before: int = 0  # frames the source delivered since the previous one that nobody looked at
