"""Decoding: a detector's numbers for its anchors as places, of those that are likely enough."""

from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from edge.vision.detection.place import Place


def offsets(anchors: NDArray[np.float32], numbers: int) -> NDArray[np.float32]:
    """Return what is added to a detector's numbers: those of centre and key points are relative to the anchor.

    Args:
        anchors: (n, 2), in pixels of the input.
        numbers: 4 + 2 k for k key points.

    Returns:
        (n, numbers), in pixels of the input; 0 for width and height.
    """
    added = np.tile(anchors, (1, numbers // 2))
    added[:, 2:4] = 0
    return added


def decoded(
    raw: NDArray[np.float32], logits: NDArray[np.float32], added: NDArray[np.float32], least_logit: float
) -> list[Place]:
    """Return the likely places that a detector answers.

    As `DecodeBoxes` of MediaPipe's TensorsToDetectionsCalculator with `reverse_output_order` and anchors of one size;
    a score is the sigmoid of a logit clipped to -100..100. The places are few: arrays would cost more.

    Args:
        raw: (n, 4 + 2 k), in pixels of the input.
        logits: (n,).
        added: As of `offsets`.
        least_logit: Places with a lower one are dropped.
    """
    likely = (logits >= least_logit).nonzero()[0]
    if not likely.size:
        return []
    numbers = (raw[likely] + added[likely]).tolist()
    clipped = (min(max(logit, -100.0), 100.0) for logit in logits[likely].tolist())
    return [Place(1 / (1 + exp(-logit)), each) for logit, each in zip(clipped, numbers, strict=True)]


def logit_of(score: float) -> float:
    """Return the logit of a score; that of 0 and less is minus infinity, that of 1 and more infinity."""
    if not 0 < score < 1:
        return -inf if score <= 0 else inf
    return log(score / (1 - score))
