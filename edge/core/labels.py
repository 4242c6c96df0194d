"""The labels of both networks: seven emotions, three levels of expressiveness and the thresholds between them."""

from enum import StrEnum
from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

RESERVED_BELOW: Final = -0.303
EXPRESSIVE_ABOVE: Final = 0.294


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
    """Return the level of a standardised expressiveness score (mean 0, standard deviation 1 over the people rated)."""
    if score < RESERVED_BELOW:
        return Level.RESERVED
    return Level.EXPRESSIVE if score > EXPRESSIVE_ABOVE else Level.BALANCED
