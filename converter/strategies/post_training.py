"""The strategy for a network that was trained in float alone: prepare its weights, then calibrate its ranges."""

import numpy as np
from numpy.typing import NDArray

from converter.recipe import Recipe
from converter.strategies.correct import correct_bias
from converter.strategies.equalize import equalize
from converter.strategies.quantizable import Quantizable
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
    chosen = np.zeros(len(train), bool)
    chosen[balanced_sample(train.ground_truth, recipe.calibration_per_class, recipe.seed)] = True
    calibration = trained.input.arrays(train.where(chosen))
    network = fold(trained.model)
    if recipe.equalize:
        network = equalize(network, calibration)
    if recipe.correct_bias:
        network = correct_bias(network, calibration)
    ranges = calibrated(network, calibration, trained.input.value_range, recipe.seed)
    return Quantizable(network, ranges, calibration_faces=len(calibration))


def balanced_sample(ground_truth: NDArray[np.int64], each: int, seed: int = 0) -> NDArray[np.int64]:
    """Draws the same number of samples from every class at random.

    Args:
        ground_truth: The true label of each of n samples, (n,).
        each: Samples a class; a smaller class gives all it has.
        seed: Of the draw; the same seed draws the same samples.

    Returns:
        Indexes into the n samples, in random order.
    """
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(ground_truth == label))[:each] for label in np.unique(ground_truth)]
    return rng.permutation(np.concatenate(chosen))
