"""The score of expressiveness: from a network's probabilities to a normal score, and from it to the levels' own."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW

_LEAST: Final = 1e-12  # added to odds: a probability may have been rounded to 0


@dataclass(frozen=True, slots=True)
class Slopes:
    """How fast the log odds of a level against `balanced` change with the score, each > 0.

    Inner slopes hold on the side of its threshold where `balanced` lies, outer ones on the other.
    """

    reserved_inner: float
    reserved_outer: float
    expressive_inner: float
    expressive_outer: float


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """One network's scale: the score is a function of its margin, and the levels' probabilities one of the score.

    The function from margin to score is piecewise linear between the knots and goes on straight beyond them, so that
    the score has no end. At each threshold the two levels that meet there are equally probable and the third is less
    so: the level on whose side a score lies is always the most probable one.

    Args:
        margins: The knots' margins, rising; at least two.
        scores: Their scores, rising, as many.
        slopes: Of the probabilities.
    """

    margins: Sequence[float]
    scores: Sequence[float]
    slopes: Slopes

    def score(self, probabilities: Sequence[float]) -> float:
        """Return the score of a network's probabilities for LEVELS."""
        margin = log(margin_odds(*probabilities))
        after = min(max(bisect_right(self.margins, margin), 1), len(self.margins) - 1)
        left, right = self.margins[after - 1], self.margins[after]
        low, high = self.scores[after - 1], self.scores[after]
        return low + (high - low) * (margin - left) / (right - left)

    def levels(self, score: float) -> tuple[float, float, float]:
        """Return the probabilities of LEVELS at a score; they sum to 1."""
        reserved, expressive = level_logits(score, self.slopes)
        most = max(reserved, 0.0, expressive)
        parts = exp(reserved - most), exp(-most), exp(expressive - most)
        total = sum(parts)
        return parts[0] / total, parts[1] / total, parts[2] / total


def margin_odds(reserved: Any, balanced: Any, expressive: Any) -> Any:
    """Return the odds of `expressive` against `reserved`, with `balanced` shared between them; a margin is its log.

    The order is that of P(expressive) - P(reserved), but its log has room at both ends.

    Args:
        reserved, balanced, expressive: Probabilities: numbers, or arrays of one shape.
    """
    return (2 * expressive + balanced + _LEAST) / (2 * reserved + balanced + _LEAST)


def level_logits(score: Any, slopes: Slopes) -> tuple[Any, Any]:
    """Return the log odds of `reserved` and of `expressive` against `balanced` at a score: a number, or an array."""
    return (
        _bent(RESERVED_BELOW - score, slopes.reserved_inner, slopes.reserved_outer),
        _bent(score - EXPRESSIVE_ABOVE, slopes.expressive_inner, slopes.expressive_outer),
    )


def _bent(x: Any, inner: float, outer: float) -> Any:
    """`inner` * x below 0, `outer` * x above."""
    return (inner + outer) / 2 * x + (outer - inner) / 2 * abs(x)
