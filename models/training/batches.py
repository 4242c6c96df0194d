"""Batches of faces for Keras: shuffled, balanced, augmented and mixed for training, plain for evaluation."""

import keras
import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import Faces
from models.specs.inputs import NetworkInput
from models.specs.recipe import Augmentation
from models.specs.targets import Second

Floats = NDArray[np.float32]
Pairs = tuple[Floats, Floats]


class TrainingBatches(keras.utils.PyDataset):
    """One epoch of augmented batches; the same seed and epoch give the same batches.

    A batch is (inputs, targets); with a second head (inputs, both heads' targets, both heads' weights of each face).

    Args:
        faces: The training faces.
        given: The network's input.
        how: How far each augmentation may go.
        batch: Faces in a batch; a last, smaller one is left out.
        balance: 0 draws every face once, 1 draws every class equally often; between, class sizes count to the power of
            1 - balance.
        seed: The recipe's seed and the epoch.
        mixup: See `partners`; 0 mixes none.
        second: Targets of a second head.
    """

    def __init__(
        self,
        faces: Faces,
        given: NetworkInput,
        how: Augmentation,
        *,
        batch: int,
        balance: float,
        seed: tuple[int, int],
        mixup: float = 0.0,
        second: Second | None = None,
    ) -> None:
        super().__init__()
        self._faces, self._given, self._how, self._batch, self._seed = faces, given, how, batch, seed
        self._mixup, self._second = mixup, second
        rng = np.random.default_rng(seed)
        counts = np.bincount(faces.ground_truth, minlength=len(faces.labels)).astype(np.float64)
        if balance:
            chance = np.power(np.maximum(counts, 1), -balance)[faces.ground_truth]
            self._order = rng.choice(len(faces), len(faces), p=chance / chance.sum())
        else:
            self._order = rng.permutation(len(faces))

    def __len__(self) -> int:
        return len(self._order) // self._batch

    def __getitem__(self, index: int) -> tuple[Floats, Floats] | tuple[Floats, Pairs, Pairs]:
        rng = np.random.default_rng((*self._seed, index))
        drawn = self._order[index * self._batch : (index + 1) * self._batch]
        pictures = self._given.augmented(self._faces, drawn, self._how, rng)
        targets = self._faces.targets[drawn]
        share, other = partners(len(drawn), self._mixup, rng)
        pictures, targets = mixed(pictures, share, other), mixed(targets, share, other)
        if self._second is None:
            return pictures, targets
        weights = self._second.weights[drawn]
        if share < 1:
            weights = np.minimum(weights, weights[other])  # what is unknown of one of the two is unknown of both
        of_second = mixed(self._second.targets[drawn], share, other)
        return pictures, (targets, of_second), (np.ones_like(weights), weights)


def partners(count: int, mixup: float, rng: np.random.Generator) -> tuple[float, NDArray[np.int64]]:
    """Choose how the faces of a batch are mixed (Zhang et al. 2018, arXiv:1710.09412).

    Half of the batches stay as they are (share 1); in the others one share is drawn for the whole batch.

    Args:
        count: Faces in the batch.
        mixup: Both parameters of the share's beta distribution; 0 mixes none.
        rng: Source of the choice.

    Returns:
        The share that each face keeps of itself, 0.5..1, and the index (count,) of the face it is mixed with.
    """
    if not mixup or rng.random() < 0.5:
        return 1.0, np.arange(count)
    share = float(rng.beta(mixup, mixup))
    return max(share, 1 - share), rng.permutation(count)


def mixed(values: Floats, share: float, other: NDArray[np.int64]) -> Floats:
    """Mix each row of `values` (n, ...) with the row `other` (n,); it keeps `share` of itself."""
    return values if share == 1 else (share * values + (1 - share) * values[other]).astype(np.float32)
