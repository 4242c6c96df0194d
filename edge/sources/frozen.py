"""A frozen picture: what some cameras repeat after they were unplugged, while they say that all is well."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FROZEN_S: Final = 2.0


class FrozenPicture:
    """Notices a picture that is repeated; one without any detail is not frozen, a covered lens sees no more."""

    def __init__(self, after_s: float = FROZEN_S) -> None:
        """Repeated for `after_s` seconds is too long."""
        self._after_s = after_s
        self._sample = b""
        self._since_s = 0.0

    def repeats(self, rgb: NDArray[np.uint8], tick_s: float) -> bool:
        """Whether this picture (height, width, 3), taken at `tick_s`, has been the same for too long."""
        sampled = rgb[::8, ::8]  # a sensor's noise is everywhere
        sample = sampled.tobytes()
        if sample != self._sample or sampled.max() == sampled.min():
            self._sample, self._since_s = sample, tick_s
        return tick_s - self._since_s >= self._after_s
