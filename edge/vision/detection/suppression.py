"""Weighted non-maximum suppression: boxes of one face become one, the mean of them all."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def merged(
    places: NDArray[np.float32], scores: NDArray[np.float32], iou_over: float
) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Merge overlapping detections.

    As `WeightedNonMaxSuppression` of MediaPipe's NonMaxSuppressionCalculator; the blending of BlazeFace, Bazarevsky et
    al. 2019, arXiv:1907.05047, section 4.3. The best detection and all that overlap it become their mean, weighted by
    score, and have the best one's score; then the same with those that are left.

    Args:
        places: (n, 8, 2), as `decoded` returns them.
        scores: (n,), 0..1.
        iou_over: Detections overlap if their boxes' intersection over union is more than this, 0..1.

    Yields:
        The mean place (8, 2), and its score; the best first.
    """
    left = np.argsort(-scores, kind="stable")
    while left.size:
        group_places, group_scores = places[left], scores[left]
        alike = _iou_with_first(group_places) > iou_over
        alike[0] = True  # also where its box has no area
        weights = group_scores[alike]
        mean = weights @ group_places[alike].reshape(weights.size, -1) / weights.sum()
        yield mean.reshape(places.shape[1:]), float(group_scores[0])
        left = left[~alike]


def _iou_with_first(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union (n,) of each box with the first; 0 where both have no area."""
    low, high = places[:, 0], places[:, 1]
    areas = np.prod(high - low, axis=1)
    shared = np.prod(np.maximum(np.minimum(high, high[0]) - np.maximum(low, low[0]), 0), axis=1)
    union = areas + areas[0] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float32)
