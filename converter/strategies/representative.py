"""The strategy for a network that cannot be folded: TFLite's own post-training quantization, by calibration faces."""

from converter.recipe import Recipe
from converter.strategies.quantizable import Unfolded
from converter.strategies.sample import calibration_faces
from converter.trained import Trained
from models.datasets.faces import Faces


def representative(trained: Trained, train: Faces, recipe: Recipe) -> Unfolded:
    """Leaves the network as it is, and draws the samples whose ranges TFLite measures.

    Args:
        trained: An adjusted network of any layers.
        train: Labelled faces of the training split; the calibration set is a balanced sample of them.
        recipe: The size and seed of the sample.

    Returns:
        The network with its samples.
    """
    return Unfolded(trained.model, trained.input.arrays(calibration_faces(train, recipe)))
