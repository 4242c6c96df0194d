"""The labels of both networks: seven emotions, three levels of expressiveness and the thresholds between them."""

from enum import StrEnum
from math import erf, sqrt
from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
STRESS: Final = ("calm", "stress")  # of a network over time; the probability of the second is the stress, 0..1

RESERVED_BELOW: Final = -0.303
EXPRESSIVE_ABOVE: Final = 0.294

# Scores are normal over the training faces, and the thresholds are their tertiles.
_NORMAL_TERTILE: Final = 0.4307272992954576
SCORE_MEAN: Final = (RESERVED_BELOW + EXPRESSIVE_ABOVE) / 2
SCORE_SD: Final = (EXPRESSIVE_ABOVE - RESERVED_BELOW) / 2 / _NORMAL_TERTILE


class Level(StrEnum):
    """A level of expressiveness, in rising order."""

    RESERVED = "reserved"
    BALANCED = "balanced"
    EXPRESSIVE = "expressive"

    @property
    def display_name(self) -> str:
        """The name for display, such as `Balanced Expression`."""
        return "Expressive" if self is Level.EXPRESSIVE else f"{self.value.capitalize()} Expression"


LEVELS: Final = tuple(Level)


def level_of(score: float) -> Level:
    """Return the level of an expressiveness score."""
    if score < RESERVED_BELOW:
        return Level.RESERVED
    return Level.EXPRESSIVE if score > EXPRESSIVE_ABOVE else Level.BALANCED


def percentile_of(score: float) -> float:
    """Return the percentage, 0..100, of the training faces with a lower score; the levels meet at 33.3 and 66.7."""
    return 50 * (1 + erf((score - SCORE_MEAN) / (SCORE_SD * sqrt(2))))
