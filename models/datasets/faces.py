"""Samples of faces with the targets of a network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """n samples with their targets, in the order of `labels`."""

    crops: NDArray[
        Any
    ]  # what the network's input is made from: uint8 (n, 48, 48), features (n, 1404), or windows of them
    targets: NDArray[np.float32]  # (n, labels), each row sums to 1: the targets of training
    ground_truth: NDArray[np.int64]  # (n,), the label that accuracy is counted against
    labels: tuple[str, ...]
    scores: NDArray[np.float32] | None = None  # (n,), standardised expressiveness, where it is known

    def __len__(self) -> int:
        return len(self.crops)

    def where(self, keep: NDArray[np.bool_]) -> "Faces":
        """The faces for which `keep` (n,) is true."""
        scores = None if self.scores is None else self.scores[keep]
        return Faces(self.crops[keep], self.targets[keep], self.ground_truth[keep], self.labels, scores)
