"""Decoding: a detector's numbers for some anchors as boxes, key points and scores."""

from math import exp

import numpy as np
from numpy.typing import NDArray


def decoded(raw: NDArray[np.float32], anchors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the places that a detector answers for anchors.

    As `DecodeBoxes` of MediaPipe's TensorsToDetectionsCalculator with `reverse_output_order` and anchors of one size:
    the numbers are the box's centre, its width and height, and the key points, x before y.

    Args:
        raw: (n, 4 + 2 k), in pixels of the input; centre and k key points are relative to the anchor.
        anchors: (n, 2), in pixels of the input.

    Returns:
        (n, 2 + k, 2), x and y in pixels of the input: a box's left top and right bottom corner, then the key points.
    """
    places = raw.reshape(len(raw), -1, 2).copy()
    half = places[:, 1] * np.float32(0.5)
    places += anchors[:, np.newaxis]
    np.add(places[:, 0], half, out=places[:, 1])
    places[:, 0] -= half
    return places


def scores_of(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits (n,) as scores (n,), 0..1: the sigmoid of a logit clipped to -100..100, as MediaPipe has it."""
    clipped = (min(max(logit, -100.0), 100.0) for logit in logits.tolist())  # few: arrays would cost more
    return np.array([1 / (1 + exp(-logit)) for logit in clipped], np.float32)


def logit_of(score: float) -> float:
    """Return the logit of a score; that of 0 and less is minus infinity, that of 1 and more infinity."""
    if not 0 < score < 1:
        return -np.inf if score <= 0 else np.inf
    return float(np.log(score / (1 - score)))
