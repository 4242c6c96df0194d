"""What a network with two heads is taught: both labelings of each face, and what teachers answer about it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS
from edge.evaluation.votes import NO_EMOTION, emotion_shares
from models.datasets.clean import chosen
from models.datasets.labelled import Labelled
from models.torch.recipe import Recipe
from models.training.answers import Answers

_VOTES_ENOUGH = 3  # fewer votes for the seven emotions say too little to be mixed with the label


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """n faces with what each head aims at; the teachers' probabilities are at the recipe's temperature."""

    crops: Tensor  # (n, 48, 48) uint8
    labels: Tensor  # (n, 7)
    votes: Tensor  # (n, 8), the seven emotions and the rest
    taught: tuple[Tensor, Tensor] | None = None  # (n, 7) and (n, 8)

    def __len__(self) -> int:
        return len(self.crops)

    def targets(self, faces: Tensor) -> list[Tensor]:
        """Everything that the faces at these places aim at: labels, votes, and the teachers' where there are any."""
        return [part[faces] for part in (self.labels, self.votes, *(self.taught or ()))]


def training_set(split: Labelled, recipe: Recipe, answers: Answers | None = None) -> TrainingSet:
    """What a split teaches.

    Args:
        split: Faces with classes and with votes.
        recipe: How the two are mixed.
        answers: The teachers' logits about the faces of the split, in its order.

    Raises:
        SourceNotFound: The data have no classes or no votes.
    """
    if split.votes is None or split.emotion is None:
        missing = "votes" if split.votes is None else "classes"
        raise SourceNotFound(
            f"The data hold no {missing}; a network with two heads learns from both.",
            fix="Give FER-2013 with FER+: see docs/data.md.",
        )
    given = np.eye(len(EMOTIONS), dtype=np.float32)[split.emotion]
    enough = split.votes[:, :NO_EMOTION].sum(axis=1, keepdims=True) >= _VOTES_ENOUGH
    weight = recipe.votes_weight * enough
    labels = (1 - weight) * given + weight * emotion_shares(split.votes)
    taught = None
    if answers is not None:
        soft = [
            torch.softmax(torch.from_numpy(logits) / recipe.temperature, 1)
            for logits in (answers.labels, answers.votes)
        ]
        taught = soft[0], soft[1]
    return TrainingSet(
        torch.from_numpy(split.crops),
        torch.from_numpy(labels.astype(np.float32)),
        torch.from_numpy(vote_shares(split.votes)),
        taught,
    )


def vote_shares(votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shares (n, 8) of votes (n, 10) for the seven emotions and, last, for the rest."""
    of_eight = np.concatenate([votes[:, :NO_EMOTION], votes[:, NO_EMOTION:].sum(axis=1, keepdims=True)], axis=1)
    return np.asarray(of_eight / np.maximum(of_eight.sum(axis=1, keepdims=True), 1e-9), np.float32)


def in_order(split: Labelled) -> Labelled:
    """The same faces in the order of their file names, shorter ones first.

    FER-2013's rows stand in that order whatever form the data set has, so that a seed draws the same batches.
    """
    stems = [PurePosixPath(name).stem for name in split.names]
    return chosen(split, np.array(sorted(range(len(stems)), key=lambda place: (len(stems[place]), stems[place]))))
