"""The anchors of MediaPipe's face detectors: the points that their answers are relative to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def anchors(side: int, layers: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """Return the centres of a grid's cells, for each grid in turn.

    As MediaPipe's SsdAnchorsCalculator with `fixed_anchor_size`, one aspect ratio and an offset of half a cell.

    Args:
        side: Side of the network's input in pixels.
        layers: For each grid the side of a cell in pixels, and how many anchors a cell has.

    Returns:
        (anchors, 2): x and y in pixels of the input, row by row.
    """
    return np.concatenate([_grid(side, stride, repeated) for stride, repeated in layers])


def _grid(side: int, stride: int, repeated: int) -> NDArray[np.float32]:
    centres = (np.arange(-(-side // stride), dtype=np.float32) + np.float32(0.5)) * np.float32(stride)
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeated, axis=0)
