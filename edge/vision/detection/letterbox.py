"""The letterbox: a frame in a square of the network's size, with its aspect kept and black bars."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

_BLACK: Final = -1.0
_REAL: Final = (np.arange(256) * (2 / 255) - 1).astype(np.float32)  # 0..255 as -1..1


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a square's pixels lie in a frame.

    Attributes:
        scale: Frame pixels in a pixel of the square.
        left, top: The square's first pixel, in frame pixels; not above 0.
    """

    scale: float
    left: float
    top: float


def placement(width: int, height: int, side: int) -> Placement:
    """Place a frame in the middle of a square, as large as it fits.

    As `keep_aspect_ratio` of MediaPipe's ImageToTensorCalculator (`PadRoi` in image_to_tensor_utils.cc).

    Args:
        width, height: The frame's size in pixels.
        side: The square's, in pixels.
    """
    longer = max(width, height)
    return Placement(longer / side, (width - longer) / 2, (height - longer) / 2)


class Letterbox:
    """Writes frames into a network's input; what follows from their size is kept until it changes.

    Args:
        side: Side of the network's input in pixels, an even number.
    """

    def __init__(self, side: int) -> None:
        self._side, self._shape, self._sized = side, (side, side), _Sized(side, side, side)

    @property
    def placement(self) -> Placement:
        """Where the pixels of the input lie in the last frame."""
        return self._sized.placement

    def write(self, rgb: NDArray[np.uint8], sample: NDArray[np.float32]) -> None:
        """Write a frame into a network's input.

        Args:
            rgb: The frame (height, width, 3).
            sample: The input (side, side, 3), as the last call left it.
        """
        height, width = rgb.shape[:2]
        if (height, width) != self._shape:
            self._sized, self._shape = _Sized(width, height, self._side), (height, width)
            sample.fill(_BLACK)
        self._sized.write(rgb, sample)


class _Sized:
    """Writes frames of one size, without the bars.

    As MediaPipe's ImageToTensorCalculator on the CPU (image_to_tensor_converter_opencv.cc): pixel (x, y) of the square
    is the bilinear value of the frame at (left + scale x, top + scale y), in bytes; outside the frame it is 0; then
    bytes become -1 to 1.
    """

    def __init__(self, width: int, height: int, side: int) -> None:
        self.placement = placed = placement(width, height, side)
        across, down = (np.arange(side) * placed.scale + first for first in (placed.left, placed.top))
        columns, rows = (np.flatnonzero((at > -1) & (at < end)) for at, end in ((across, width), (down, height)))
        self._inside = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        across, down = across[columns], down[rows]
        self._bytes = np.zeros((rows.size, columns.size, 3), np.uint8)
        self._maps = _maps(across, down)
        # Where each value is a pixel of the frame, as at 640x360 in 128, interpolation takes 30 us and changes nothing.
        whole = columns.size * placed.scale == width and rows.size * placed.scale == height
        self._every_nth = whole and placed.scale.is_integer() and across[0] == 0 and down[0] == 0

    def write(self, rgb: NDArray[np.uint8], sample: NDArray[np.float32]) -> None:
        if self._every_nth:
            height, width = self._bytes.shape[:2]
            cv2.resize(rgb, (width, height), dst=self._bytes, interpolation=cv2.INTER_NEAREST)
        else:
            cv2.remap(rgb, *self._maps, cv2.INTER_LINEAR, dst=self._bytes, borderMode=cv2.BORDER_CONSTANT)
        cv2.LUT(self._bytes, _REAL, dst=sample[self._inside])


def _maps(across: NDArray[np.float64], down: NDArray[np.float64]) -> tuple[Any, Any]:
    """Frame coordinates as OpenCV's fixed-point maps, in steps of 1/32 pixel as its warps have."""
    x = np.tile(across.astype(np.float32), (down.size, 1))
    y = np.tile(down.astype(np.float32)[:, np.newaxis], (1, across.size))
    return cv2.convertMaps(x, y, cv2.CV_16SC2)
