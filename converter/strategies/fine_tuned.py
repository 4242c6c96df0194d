"""The strategy for a network that was fine-tuned for INT8: its own ranges, nothing else changed."""

from converter.recipe import Recipe
from converter.strategies.quantizable import Quantizable
from converter.trained import Trained
from models.datasets.faces import Faces
from models.graph.folded import fold


def fine_tuned(trained: Trained, train: Faces, recipe: Recipe) -> Quantizable:
    """Takes the ranges that the network was fine-tuned with.

    Args:
        trained: An adjusted network with ranges.
        train: Not used: calibration would undo what fine-tuning learned.
        recipe: Not used.

    Returns:
        A folded copy with these ranges.
    """
    assert trained.ranges is not None
    return Quantizable(fold(trained.model), trained.ranges, calibration_faces=0)
