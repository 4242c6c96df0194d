"""One split of a data set in memory: face crops, and whatever people said of them."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.votes import NO_EMOTION, emotion_shares, expressive_shares, levels_of, majority, standardised
from models.datasets.faces import Faces

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """n face crops; a data set gives a class, the votes or a score for each of them, the rest is None."""

    crops: NDArray[np.uint8]  # (n, 48, 48)
    emotion: NDArray[np.int64] | None = None  # (n,), index into EMOTIONS
    votes: NDArray[np.float32] | None = None  # (n, 10), in the order of edge.evaluation.votes.VOTED
    scores: NDArray[np.float32] | None = None  # (n,), standardised expressiveness as rated
    names: tuple[str, ...] = ()  # n, where the crops came from
    persons: NDArray[np.str_] | None = None  # (n,), who is seen, where that is known

    def __len__(self) -> int:
        return len(self.crops)

    def emotions(self, votes_weight: float) -> Faces:
        """Faces labelled with the data set's classes; targets mix them with the votes, weighted 0..1.

        Raises SourceNotFound where the data set has no classes.
        """
        given = np.eye(len(EMOTIONS), dtype=np.float32)[_there(self.emotion, "classes of emotion")]
        voted = given if self.votes is None else emotion_shares(self.votes)
        voted = np.where(voted.any(axis=1, keepdims=True), voted, given)
        mixed = (1 - votes_weight) * given + votes_weight * voted
        return Faces(self.crops, mixed.astype(np.float32), given.argmax(axis=1), EMOTIONS)

    def ferplus(self) -> Faces:
        """Faces labelled with the emotion most people voted, of equal ones the first: `edge.evaluation.votes.majority`.

        Those whose majority is contempt, unknown or not a face are left out; targets are the shares of the votes for
        the seven emotions. Raises SourceNotFound where the data set has no votes.
        """
        votes = _there(self.votes, "votes")
        ground_truth = majority(votes)
        keep = ground_truth < NO_EMOTION
        return Faces(self.crops[keep], emotion_shares(votes[keep]), ground_truth[keep], EMOTIONS)

    def levels(self) -> Faces:
        """Faces with a level of expressiveness, by their score; from votes, those with at least one emotion vote.

        A score from votes is the share of them that are not neutral, standardised so that its training tertiles fall
        on the thresholds of `edge.core.labels`. Raises SourceNotFound where the data set has neither.
        """
        if self.scores is not None:
            crops, scores = self.crops, self.scores
        else:
            shares = expressive_shares(_there(self.votes, "votes or scores of expressiveness"))
            voted = ~np.isnan(shares)
            crops, scores = self.crops[voted], standardised(shares[voted])
        ground_truth = levels_of(scores)
        targets = np.eye(len(LEVELS), dtype=np.float32)[ground_truth]
        return Faces(crops, targets, ground_truth, tuple(level.value for level in LEVELS), scores)


def _there(given: T | None, what: str) -> T:
    if given is None:
        raise SourceNotFound(f"The data set holds no {what}.", fix="Give one that does: see docs/data.md.")
    return given
