"""The answer of a network about stress: the probability that a window belongs to a segment with stress."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.labels import STRESS
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.specs.recipe import Recipe
from models.specs.targets import Samples

_STRESSED_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Stress:
    """Two labels; the probability of the second is the stress, 0 to 1. A segment's stress is its target."""

    labels: tuple[str, ...] = STRESS
    scored: bool = False

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """Every window; see `Target.samples`."""
        if split.stress is None:
            raise SourceNotFound("The data set holds no stress.", fix="Give recordings with segments: docs/stress.md.")
        targets = np.stack([1 - split.stress, split.stress], axis=1).astype(np.float32)
        ground_truth = (split.stress >= _STRESSED_FROM).astype(np.int64)
        return Samples(Faces(split.crops, targets, ground_truth, self.labels), np.arange(len(split)))

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Nothing: a teacher of emotions says nothing about stress."""
        raise SourceNotFound("A teacher of emotions says nothing about stress.", fix="Leave --teacher out.")

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """None: there is one labelling."""
        return {}
