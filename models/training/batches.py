"""Batches of faces for Keras: shuffled, balanced and augmented for training, plain for evaluation."""

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.preprocess import InputSpec, real_input
from models.datasets.faces import Faces
from models.training.augment import Augmentation, augmented


class TrainingBatches(keras.utils.PyDataset):
    """One epoch of augmented batches; the same seed and epoch give the same batches.

    `balance` 0 draws every face once an epoch; 1 draws every class equally often; between, class sizes count to the
    power of 1 - balance.
    """

    def __init__(
        self, faces: Faces, spec: InputSpec, how: Augmentation, *, batch: int, balance: float, seed: tuple[int, int]
    ) -> None:
        super().__init__()
        self._faces, self._spec, self._how, self._batch, self._seed = faces, spec, how, batch, seed
        rng = np.random.default_rng(seed)
        counts = np.bincount(faces.truth, minlength=len(faces.labels)).astype(np.float64)
        if balance:
            chance = np.power(np.maximum(counts, 1), -balance)[faces.truth]
            self._order = rng.choice(len(faces), len(faces), p=chance / chance.sum())
        else:
            self._order = rng.permutation(len(faces))

    def __len__(self) -> int:
        return len(self._order) // self._batch

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng((*self._seed, index))
        drawn = self._order[index * self._batch : (index + 1) * self._batch]
        pictures = np.stack([augmented(self._faces.crops[i], self._spec.size_px, self._how, rng) for i in drawn])
        real = self._spec.black + pictures / 255 * (self._spec.white - self._spec.black)
        return real[..., np.newaxis].astype(np.float32), self._faces.targets[drawn]


def inputs(faces: Faces, spec: InputSpec) -> NDArray[np.float32]:
    """Every face as a float network is given it live, (n, size, size, 1)."""
    return np.stack([real_input(crop, spec) for crop in faces.crops])
