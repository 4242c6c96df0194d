"""How a float network gets the ranges that INT8 stores its tensors between: calibrated afterwards, or fine-tuned."""

from collections.abc import Callable

from converter.recipe import Recipe
from converter.strategies.fine_tuned import fine_tuned
from converter.strategies.post_training import post_training
from converter.strategies.quantizable import Quantizable
from converter.trained import Trained
from models.datasets.faces import Faces

__all__ = ["Quantizable", "Strategy", "strategy_for"]

# A pure function of an adjusted network, the training faces to calibrate with, and the recipe.
Strategy = Callable[[Trained, Faces, Recipe], Quantizable]


def strategy_for(trained: Trained) -> Strategy:
    """Returns `fine_tuned` for a network that comes with its ranges, else `post_training`."""
    return post_training if trained.ranges is None else fine_tuned
