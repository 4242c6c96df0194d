"""Refinement of points by heat maps, in which a network says where each of them may be."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_REACH: Final = 3  # RefineLandmarksFromHeatmapCalculator: kernel_size 7
_LEAST: Final = 0.5  # its min_confidence_to_refine


def refined(points: NDArray[np.float32], heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move each point to the mean place of its heat map around it, where that is warm enough.

    As MediaPipe's RefineLandmarksFromHeatmapCalculator in the graph pose_landmark_cpu (mediapipe 0.10.18): the mean of
    7x7 cells around the point's, weighted by their sigmoid, if one of these is at least 0.5.

    Args:
        points: (n, 2), x and y as shares of the map's sides, 0 to 1 inside.
        heat: (rows, columns, n), logits.

    Returns:
        (n, 2), as `points`.
    """
    sides = np.array([heat.shape[1], heat.shape[0]])
    found = points.copy()
    for number, (column, row) in enumerate((points * sides).astype(int).tolist()):
        if not (0 <= column < sides[0] and 0 <= row < sides[1]):
            continue
        top, left = max(0, row - _REACH), max(0, column - _REACH)
        cells = heat[top : row + _REACH + 1, left : column + _REACH + 1, number].astype(np.float64)
        warm = 1 / (1 + np.exp(-cells))
        if warm.max() >= _LEAST:
            rows, columns = np.indices(warm.shape)
            mean = (warm * (columns + left)).sum(), (warm * (rows + top)).sum()
            found[number] = np.array(mean) / warm.sum() / sides
    return found
