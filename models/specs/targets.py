"""What a network answers: its labels, and the targets that a data set gives for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import betabinom

from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.votes import NO_EMOTION, emotion_shares, expressive_shares, levels_of, majority, standardised
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.specs.recipe import Recipe

_VOTERS = 10  # on each face of FER+
_PRECISION = 5.0  # of the beta distribution of people's answers, in votes
_VOTES_ENOUGH = 3  # fewer votes for the seven emotions say too little to train on their shares


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """The targets of a second head for the same n faces."""

    targets: NDArray[np.float32]  # (n, labels), each row sums to 1
    weights: NDArray[np.float32]  # (n,), how much each face counts; 0 where nothing is known of it


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The faces of a split that a network can be trained on or evaluated with."""

    faces: Faces
    rows: NDArray[np.int64]  # (n,), the row of each face in the split
    second: Second | None = None  # the other labelling, where the recipe has a second head

    def where(self, keep: NDArray[np.bool_]) -> "Samples":
        """Those for which `keep` (n,) is true."""
        second = None if self.second is None else Second(self.second.targets[keep], self.second.weights[keep])
        return Samples(self.faces.where(keep), self.rows[keep], second)


class Target(Protocol):
    """What a network answers."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the output; empty for a score."""
        ...

    @property
    def scored(self) -> bool:
        """Whether `Faces.scores` are set; conversion then gives the card a `score`."""
        ...

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """The faces of a split with their targets.

        Args:
            split: One split of a data set.
            recipe: Decides how labellings are mixed and whether there is a second head; None for the plain labels, as
                for validation of a conversion and for tests.

        Raises:
            SourceNotFound: Where the data set lacks the labelling.
        """
        ...

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probabilities (n, labels) that follow from the logits of a teacher with two heads.

        Args:
            labels: Of FER-2013's classes (n, 7).
            votes: Of FER+'s votes (n, 8), the seven emotions and the rest.
        """
        ...

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """The split with the other labellings that it has for the same labels, by name: `folder` or `ferplus`."""
        ...


@dataclass(frozen=True, slots=True)
class FolderEmotions:
    """The data set's own classes of emotion; the votes' shares are mixed in, and are what a second head learns."""

    labels: tuple[str, ...] = EMOTIONS
    scored: bool = False

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """Every face; see `Target.samples`."""
        faces = split.emotions(recipe.votes_weight if recipe else 0.0)
        second = _votes(split) if recipe and recipe.second_head else None
        return Samples(faces, np.arange(len(split)), second)

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first head's probabilities."""
        return _softmax(labels)

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """`ferplus`, the majority of the votes, where there are votes."""
        return {} if split.votes is None else {"ferplus": split.ferplus()}


@dataclass(frozen=True, slots=True)
class VotedEmotions:
    """The majority of the FER+ votes; the data set's classes are what a second head learns."""

    labels: tuple[str, ...] = EMOTIONS
    scored: bool = False

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """The faces whose majority is one of the seven emotions; see `Target.samples`."""
        faces = split.ferplus()
        every = np.arange(len(split))
        rows = every if split.votes is None else every[majority(split.votes) < NO_EMOTION]
        return Samples(faces, rows, _classes(split, rows) if recipe and recipe.second_head else None)

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The second head's probabilities of the seven emotions."""
        return _softmax(votes[:, : len(self.labels)])

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """`folder`, the data set's own classes, where it has them."""
        return {} if split.emotion is None else {"folder": split.emotions(0.0)}


@dataclass(frozen=True, slots=True)
class Levels:
    """Three levels of expressiveness, by the standardised score of each face."""

    labels: tuple[str, ...] = tuple(level.value for level in LEVELS)
    scored: bool = True

    def samples(self, split: Labelled, recipe: Recipe | None = None) -> Samples:
        """The faces with a score: all that were rated, or those with a vote for an emotion; see `Target.samples`."""
        every = np.arange(len(split))
        faces = split.levels()
        if split.votes is None or split.scores is not None:
            return Samples(faces, every)
        return Samples(faces, every[~np.isnan(expressive_shares(split.votes))])

    def taught(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """How probable it is that so many of ten people call the face neutral as belongs to each level.

        The teacher's probability that one vote is not neutral is the mean of a beta distribution, for people differ in
        more than chance; the number of ten votes is then beta-binomial (Skellam 1948, J. R. Stat. Soc. B 10, 257). Its
        precision is that with which FER-2013's validation faces are likeliest.
        """
        expressive = 1 - _softmax(votes[:, : len(EMOTIONS)])[:, [EMOTIONS.index("neutral")]].astype(np.float64)
        expressive = expressive.clip(1e-6, 1 - 1e-6)
        counts = np.arange(_VOTERS + 1)
        chances = betabinom.pmf(counts, _VOTERS, _PRECISION * expressive, _PRECISION * (1 - expressive))
        level = levels_of(standardised((counts / _VOTERS).astype(np.float32)))
        shares = [chances[:, level == one].sum(axis=1) for one in range(len(LEVELS))]
        return np.asarray(np.stack(shares, axis=1), np.float32)

    def others(self, split: Labelled) -> Mapping[str, Faces]:
        """None: there is one labelling."""
        return {}


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


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(softmax(logits.astype(np.float32), axis=1), np.float32)
