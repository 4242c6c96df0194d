"""How a network gets the ranges that INT8 stores its tensors between: fine-tuned, or calibrated, here or by TFLite."""

from collections.abc import Callable

from converter.recipe import Recipe
from converter.strategies.fine_tuned import fine_tuned
from converter.strategies.post_training import post_training
from converter.strategies.quantizable import Quantizable, Unfolded
from converter.strategies.representative import representative
from converter.trained import Trained
from models.datasets.faces import Faces
from models.graph.folded import can_fold

__all__ = ["Prepared", "Quantizable", "Strategy", "Unfolded", "strategy_for"]

Prepared = Quantizable | Unfolded

# A pure function of an adjusted network, the training faces to calibrate with, and the recipe.
Strategy = Callable[[Trained, Faces, Recipe], Prepared]


def strategy_for(trained: Trained) -> Strategy:
    """Returns `fine_tuned` for a network that comes with its ranges; else `post_training` where it can be folded."""
    if trained.ranges is not None:
        return fine_tuned
    return post_training if can_fold(trained.model) else representative
