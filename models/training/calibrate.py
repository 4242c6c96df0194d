"""How a standardised expressiveness score follows from the three levels' probabilities."""

import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW

_APART = 0.01  # least distance between two knots, in x and in score


def knots(x: NDArray[np.float32], scores: NDArray[np.float32]) -> dict[str, list[float]]:
    """Fit four points of a rising curve from x to the standardised score.

    The two in the middle lie on the thresholds between the levels, where the mean recall of the three levels is
    highest: that sum has one term for each pair of neighbours, so each cut is chosen on its two levels alone. The outer
    two are the means, in x and in score, of the tenth of faces with the lowest and the highest x, moved outwards where
    a poor network would make the curve fall.

    Args:
        x: P(expressive) - P(reserved) of n faces, -1..1, (n,).
        scores: Their standardised scores (n,).

    Returns:
        The points' `x` and `y`, as a card's `score_knots` has them.
    """
    below_top, above_bottom = scores <= EXPRESSIVE_ABOVE, scores >= RESERVED_BELOW
    lower = _best_cut(x[below_top], scores[below_top] >= RESERVED_BELOW)
    upper = max(_best_cut(x[above_bottom], scores[above_bottom] > EXPRESSIVE_ABOVE), lower + _APART)
    order, tenth = np.argsort(x), max(len(x) // 10, 1)
    (x_least, least), (x_most, most) = (
        (float(x[end].mean()), float(scores[end].mean())) for end in (order[:tenth], order[-tenth:])
    )
    points = (
        (min(x_least, lower - _APART), min(least, RESERVED_BELOW - _APART)),
        (lower, RESERVED_BELOW),
        (upper, EXPRESSIVE_ABOVE),
        (max(x_most, upper + _APART), max(most, EXPRESSIVE_ABOVE + _APART)),
    )
    return {"x": [round(x, 4) for x, _ in points], "y": [round(y, 4) for _, y in points]}


def _best_cut(x: NDArray[np.float32], above: NDArray[np.bool_]) -> float:
    """The threshold on x, well within -1..1, with the best balanced accuracy for `above`; 0 where one side is empty."""
    if above.all() or not above.any():
        return 0.0
    cuts = np.linspace(-0.97, 0.97, 195)
    balanced = [np.mean(x[above] > cut) + np.mean(x[~above] <= cut) for cut in cuts]
    return float(cuts[int(np.argmax(balanced))])
