"""The strategy for a network that was trained in float alone: prepare its weights, then calibrate its ranges."""

from converter.recipe import Recipe
from converter.strategies.correct import correct_bias
from converter.strategies.equalize import equalize
from converter.strategies.quantizable import Quantizable
from converter.strategies.sample import calibration_faces
from converter.trained import Trained
from models.datasets.faces import Faces
from models.graph.folded import fold
from models.graph.ranges import calibrated


def post_training(trained: Trained, train: Faces, recipe: Recipe) -> Quantizable:
    """Equalizes and corrects a folded copy as the recipe says, then calibrates its ranges.

    Args:
        trained: An adjusted network: its ranges are those of the logits after temperature and class bias.
        train: Labelled faces of the training split; the calibration set is a balanced sample of them.
        recipe: Which steps to take, and the size and seed of the sample.

    Returns:
        The copy with its ranges.
    """
    calibration = trained.input.arrays(calibration_faces(train, recipe))
    network = fold(trained.model)
    if recipe.equalize:
        network = equalize(network, calibration)
    if recipe.correct_bias:
        network = correct_bias(network, calibration)
    ranges = calibrated(network, calibration, trained.input.value_range, recipe.seed)
    return Quantizable(network, ranges, calibration_faces=len(calibration))
