"""The third emotion network: the MobileNetV2 of `emotion`, answering by classes and votes together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EMOTIONS
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.networks import mobilenet
from models.specs.network import Network
from models.specs.recipe import Recipe
from models.specs.targets import FolderEmotions, Samples, VotedEmotions


@dataclass(frozen=True, slots=True)
class BothEmotions:
    """The mean of the class and of the votes' shares, for faces whose majority is one of the seven emotions.

    Accuracy is counted against the majority of the votes.
    """

    labels: tuple[str, ...] = EMOTIONS
    scored: bool = False

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """See `models.specs.targets.Target.samples`."""
        voted = VotedEmotions().samples(split)
        if split.emotion is None:
            return voted
        given = np.eye(len(EMOTIONS), dtype=np.float32)[split.emotion[voted.rows]]
        return Samples(replace(voted.faces, targets=(voted.faces.targets + given) / 2), voted.rows)

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean of both heads' probabilities of the seven emotions."""
        each = (FolderEmotions().taught(labels, votes), VotedEmotions().taught(labels, votes))
        return np.asarray(np.mean(each, axis=0), np.float32)

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """`folder`, the data set's own classes, where it has them."""
        return VotedEmotions().others(split)


EMOTION_BOTH = replace(
    mobilenet.EMOTION, name="emotion-both", network="emotion-both", label_smoothing=0.0, second_head=0.0
)

NETWORK = Network(
    name="emotion-both",
    description="Which of seven emotions a face looks like, to the makers of its training data and to people who vote.",
    input=mobilenet.INPUT,
    target=BothEmotions(),
    build=partial(mobilenet.build, name="emotion-both"),
    recipes=(EMOTION_BOTH,),
    pretrained=mobilenet.NETWORK.pretrained,
)
