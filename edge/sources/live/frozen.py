"""Detection of a frozen picture, which some cameras repeat without an error after they were unplugged."""

from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

FROZEN_S: Final = 2.0


class Look(Enum):
    """The result of comparing a picture with the one before."""

    NEW = auto()
    REPEATED = auto()  # the same as before
    FROZEN = auto()  # the same for too long a time


class FrozenPicture:
    """Detects a picture that is repeated; one without detail is not frozen, as from a covered lens.

    Used over several openings of a camera, it finds a picture that is still the same frozen at once.

    Args:
        after_s: Seconds of repetition after which a picture is frozen.
    """

    def __init__(self, after_s: float = FROZEN_S) -> None:
        self._after_s = after_s
        self._sample = b""
        self._since_s = 0.0

    def look(self, rgb: NDArray[np.uint8], tick_s: float) -> Look:
        """Compare a picture with the one before.

        Args:
            rgb: (height, width, 3) RGB, uint8.
            tick_s: When it was taken, in seconds.
        """
        sample = rgb[::8, ::8].tobytes()  # a sensor's noise changes every pixel
        if sample != self._sample or sample.count(sample[0]) == len(sample):
            self._sample, self._since_s = sample, tick_s
            return Look.NEW
        return Look.FROZEN if tick_s - self._since_s >= self._after_s else Look.REPEATED
