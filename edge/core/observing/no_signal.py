"""No signal: a picture without content, because it is black, of one colour, or the lens is covered."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

NO_SIGNAL_S: Final = 2.0

# The means of 8 x 6 blocks average a sensor's noise away. Their standard deviation, as a share of their mean, is 0.2
# and more in the clips, however much darkened, and 0.08 over a bare wall; over a covered sensor it is at most 0.1, if
# the sensor glows along one side. Such a sensor differs from a bare wall by its noise: without light there is nothing
# else.
_BLOCKS: Final = (8, 6)
_PLAIN: Final = 0.4  # a deviation below this is one plain colour, at any brightness
_EVEN: Final = (0.03, 0.12)  # a dark picture's contrast: of any, and of one that is black or nothing but noise
_BLACK: Final = 8.0  # mean grey values
_DARK: Final = 45.0
_NOISY: Final = 0.25  # a pixel's noise, in shares of the mean
_EVERY_S: Final = 0.2


class NoSignal:
    """Detects that a source has shown nothing for a while; checks at most five frames a second.

    Args:
        after_s: Seconds without content after which there is no signal.
    """

    def __init__(self, after_s: float = NO_SIGNAL_S) -> None:
        self._after_s = after_s
        self._since_s: float | None = None  # when the picture began to show nothing
        self._checked_s: float | None = None

    def lasts(self, rgb: NDArray[np.uint8], tick_s: float) -> bool:
        """Return whether there is no signal.

        Args:
            rgb: The newest picture, (height, width, 3), uint8.
            tick_s: The frame's tick in seconds.
        """
        if self._checked_s is None or not 0 <= tick_s - self._checked_s < _EVERY_S:
            self._checked_s = tick_s
            if not shows_nothing(rgb):
                self._since_s = None
            elif self._since_s is None or tick_s < self._since_s:
                self._since_s = tick_s
        return self._since_s is not None and tick_s - self._since_s >= self._after_s


def shows_nothing(rgb: NDArray[np.uint8]) -> bool:
    """Return whether a picture (height, width, 3), uint8, is dark without structure, or one plain colour."""
    green = rgb[::8, ::8, 1].astype(np.float32)
    blocks = cv2.resize(green, _BLOCKS, interpolation=cv2.INTER_AREA)
    mean, deviation = float(blocks.mean()), float(blocks.std())
    if deviation < _PLAIN or mean >= _DARK:
        return deviation < _PLAIN
    if deviation >= _PLAIN + _EVEN[1] * mean:
        return False
    return mean < _BLACK or deviation < _PLAIN + _EVEN[0] * mean or _noise(rgb, green) > _NOISY * mean


def _noise(rgb: NDArray[np.uint8], green: NDArray[np.float32]) -> float:
    """Return the standard deviation of a pixel's noise; differences of neighbours have twice its variance."""
    beside = rgb[::8, 1::8, 1]
    return float((green[:, : beside.shape[1]] - beside).std()) / 2**0.5
