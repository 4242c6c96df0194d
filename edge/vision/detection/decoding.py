"""Decoding: a detector's numbers for an anchor as a place. Places are few, and arrays would cost more than they do."""

from math import exp, inf, log

from edge.vision.detection.place import Place


def decoded(numbers: list[float], logit: float, anchor: tuple[float, float]) -> Place:
    """Return the place that a detector answers for an anchor.

    As `DecodeBoxes` of MediaPipe's TensorsToDetectionsCalculator with `reverse_output_order` and anchors of one size.
    The score is the sigmoid of the logit, which is clipped to -100..100.

    Args:
        numbers: x and y by turns, as of `Place`; centre and key points are relative to the anchor.
        logit: Of the score.
        anchor: x and y, in the same pixels.
    """
    score = 1 / (1 + exp(-min(max(logit, -100.0), 100.0)))
    return Place(score, numbers).moved(*anchor)


def logit_of(score: float) -> float:
    """Return the logit of a score; that of 0 and less is minus infinity, that of 1 and more infinity."""
    if not 0 < score < 1:
        return -inf if score <= 0 else inf
    return log(score / (1 - score))
