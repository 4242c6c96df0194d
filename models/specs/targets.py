"""What a recipe makes of a data set: the labelling that the network answers with, and the other one beside it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EMOTIONS
from edge.evaluation.votes import NO_EMOTION, emotion_shares, expressive_shares, majority
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.specs.recipe import Recipe

_VOTES_ENOUGH = 3  # fewer votes for the seven emotions say too little to teach their shares


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """What a second head is taught on the same n faces."""

    targets: NDArray[np.float32]  # (n, labels), each row sums to 1
    weights: NDArray[np.float32]  # (n,), how much each face counts; 0 where nothing is known of it


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """The faces of a split that a recipe can use, and what its second head is taught, where it has one."""

    faces: Faces
    rows: NDArray[np.int64]  # (n,), where each face stands in the split
    second: Second | None = None


def lesson(split: Labelled, recipe: Recipe) -> Lesson:
    """Label a split as a recipe wants it. Raises SourceNotFound where the data set lacks what that takes.

    An emotion network's other labelling is the shares of the votes, an `emotion-ferplus` network's the data set's
    classes; a data set that has but one of the two teaches one head.
    """
    every = np.arange(len(split))
    if recipe.network == "expressiveness":
        faces = split.levels()
        if split.votes is None or split.scores is not None:
            return Lesson(faces, every)
        return Lesson(faces, every[~np.isnan(expressive_shares(split.votes))])
    if recipe.network == "emotion":
        return Lesson(split.emotions(recipe.votes_weight), every, _votes(split) if recipe.second_head else None)
    faces = split.ferplus()
    rows = every if split.votes is None else every[majority(split.votes) < NO_EMOTION]
    return Lesson(faces, rows, _classes(split, rows) if recipe.second_head else None)


def _votes(split: Labelled) -> Second | None:
    if split.votes is None:
        return None
    enough = split.votes[:, :NO_EMOTION].sum(axis=1) >= _VOTES_ENOUGH
    targets = np.where(enough[:, np.newaxis], emotion_shares(split.votes), 1 / len(EMOTIONS))
    return Second(targets.astype(np.float32), enough.astype(np.float32))


def _classes(split: Labelled, rows: NDArray[np.int64]) -> Second | None:
    if split.emotion is None:
        return None
    return Second(np.eye(len(EMOTIONS), dtype=np.float32)[split.emotion[rows]], np.ones(len(rows), np.float32))
