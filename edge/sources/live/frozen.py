"""A frozen picture: what some cameras repeat after they were unplugged, while they say that all is well."""

from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

FROZEN_S: Final = 2.0


class Look(Enum):
    """What a picture is compared with the one before it."""

    NEW = auto()
    REPEATED = auto()  # the same once more: no news
    FROZEN = auto()  # the same for too long


class FrozenPicture:
    """Notices a picture that is repeated; one without any detail is not frozen, a covered lens sees no more.

    It remembers the picture when the camera is opened again: what froze and is still the same is frozen at once.
    """

    def __init__(self, after_s: float = FROZEN_S) -> None:
        """Repeated for `after_s` seconds is too long."""
        self._after_s = after_s
        self._sample = b""
        self._since_s = 0.0

    def look(self, rgb: NDArray[np.uint8], tick_s: float) -> Look:
        """What this picture (height, width, 3), taken at `tick_s`, is."""
        sample = rgb[::8, ::8].tobytes()  # a sensor's noise is everywhere
        if sample != self._sample or sample.count(sample[0]) == len(sample):
            self._sample, self._since_s = sample, tick_s
            return Look.NEW
        return Look.FROZEN if tick_s - self._since_s >= self._after_s else Look.REPEATED
