"""The calibration set: training faces drawn at random, equally many of each class."""

import numpy as np
from numpy.typing import NDArray

from converter.recipe import Recipe
from models.datasets.faces import Faces


def calibration_faces(train: Faces, recipe: Recipe) -> Faces:
    """Draws the calibration set of a recipe from the faces of the training split."""
    chosen = np.zeros(len(train), bool)
    chosen[balanced_sample(train.ground_truth, recipe.calibration_per_class, recipe.seed)] = True
    return train.where(chosen)


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
