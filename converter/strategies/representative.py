"""The strategy for a network that cannot be folded: TFLite's own post-training quantization, by calibration faces."""

from converter.recipe import Recipe
from converter.strategies.quantizable import Unfolded
from converter.strategies.sample import calibration_faces
from converter.trained import Trained
from models.datasets.faces import Faces
from models.graph.unrolled import unrolled


def representative(trained: Trained, train: Faces, recipe: Recipe) -> Unfolded:
    """Unrolls what runs over time, leaves the rest as it is, and draws the samples whose ranges TFLite measures.

    Args:
        trained: An adjusted network of any layers.
        train: Labelled faces of the training split; the calibration set is a balanced sample of them.
        recipe: The size and seed of the sample.

    Returns:
        The network with its samples.
    """
    return Unfolded(unrolled(trained.model), trained.input.arrays(calibration_faces(train, recipe)))
