"""Weighted non-maximum suppression: boxes of one face become one, the mean of them all."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Box


def merged(
    places: NDArray[np.float32], scores: NDArray[np.float32], iou_over: float
) -> Iterator[tuple[NDArray[np.float32], float]]:
    """Merge overlapping detections.

    As `WeightedNonMaxSuppression` of MediaPipe's NonMaxSuppressionCalculator; the blending of BlazeFace, Bazarevsky et
    al. 2019, arXiv:1907.05047, section 4.3. The best detection and all that overlap it become their mean, weighted by
    score, and have the best one's score; then the same with those that are left.

    Args:
        places: (n, points, 2), as `decoded` returns them.
        scores: (n,), 0..1.
        iou_over: Detections overlap if their boxes' intersection over union is more than this, 0..1.

    Yields:
        The mean place (points, 2), and its score; the best first.
    """
    boxes = [Box(left, top, right - left, bottom - top) for (left, top), (right, bottom) in places[:, :2].tolist()]
    waiting = sorted(range(len(boxes)), key=scores.tolist().__getitem__, reverse=True)
    while waiting:
        best = boxes[waiting[0]]
        alike = [waiting[0], *(each for each in waiting[1:] if best.iou(boxes[each]) > iou_over)]
        weights = scores[alike]
        mean = weights @ places[alike].reshape(weights.size, -1) / weights.sum()
        yield mean.reshape(places.shape[1:]), float(weights[0])
        waiting = [each for each in waiting if each not in alike]
