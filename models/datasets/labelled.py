"""One split of a data set in memory: samples of one kind with their classes, votes or scores."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.votes import NO_EMOTION, emotion_shares, expressive_shares, levels_of, majority, standardised
from edge.vision.card import InputKind
from models.datasets.faces import Faces

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """n samples of faces; a data set gives a class, the votes or a score for each of them, the rest is None."""

    # Of `kind`: uint8 (n, 48, 48) faces, float32 (n, 1404) landmark features, or float16 (n, steps, 1404) of windows.
    crops: NDArray[Any]
    emotion: NDArray[np.int64] | None = None  # (n,), index into EMOTIONS
    votes: NDArray[np.float32] | None = None  # (n, 10), in the order of edge.evaluation.votes.VOTED
    scores: NDArray[np.float32] | None = None  # (n,), standardised expressiveness as rated
    stress: NDArray[np.float32] | None = None  # (n,), 0..1, of a sequence's segment
    names: tuple[str, ...] = ()  # n, the files or rows of the crops
    persons: NDArray[np.str_] | None = None  # (n,), the id of the person, where that is known
    kind: InputKind = InputKind.CROP

    def __len__(self) -> int:
        return len(self.crops)

    def emotions(self, votes_weight: float) -> Faces:
        """Label the faces with the data set's classes of emotion.

        Args:
            votes_weight: Share of the votes in the targets, 0..1; the rest is the class.

        Raises:
            SourceNotFound: The data set has no classes.
        """
        given = np.eye(len(EMOTIONS), dtype=np.float32)[_present(self.emotion, "classes of emotion")]
        voted = given if self.votes is None else emotion_shares(self.votes)
        voted = np.where(voted.any(axis=1, keepdims=True), voted, given)
        mixed = (1 - votes_weight) * given + votes_weight * voted
        return Faces(self.crops, mixed.astype(np.float32), given.argmax(axis=1), EMOTIONS)

    def ferplus(self) -> Faces:
        """Label the faces with the majority of their votes, as `edge.evaluation.votes.majority` counts it.

        Faces whose majority is contempt, unknown or not a face are left out; targets are the shares of the votes for
        the seven emotions.

        Raises:
            SourceNotFound: The data set has no votes.
        """
        votes = _present(self.votes, "votes")
        ground_truth = majority(votes)
        keep = ground_truth < NO_EMOTION
        return Faces(self.crops[keep], emotion_shares(votes[keep]), ground_truth[keep], EMOTIONS)

    def levels(self) -> Faces:
        """Label the faces with the level of expressiveness that follows from their score.

        Where the data set has votes and no scores, a score is the share of the votes for an emotion that are not
        neutral, standardised so that its training tertiles fall on the thresholds of `edge.core.labels`; faces without
        a vote for an emotion are left out.

        Raises:
            SourceNotFound: The data set has neither scores nor votes.
        """
        if self.scores is not None:
            crops, scores = self.crops, self.scores
        else:
            shares = expressive_shares(_present(self.votes, "votes or scores of expressiveness"))
            voted = ~np.isnan(shares)
            crops, scores = self.crops[voted], standardised(shares[voted])
        ground_truth = levels_of(scores)
        targets = np.eye(len(LEVELS), dtype=np.float32)[ground_truth]
        return Faces(crops, targets, ground_truth, tuple(level.value for level in LEVELS), scores)


def together(parts: Sequence[Labelled]) -> Labelled:
    """The faces of several splits of one data set, one after another; what one of them lacks, all lack."""
    arrays: dict[str, Any] = {}
    for name in (field.name for field in fields(Labelled) if field.name not in ("names", "kind")):
        each = [getattr(part, name) for part in parts]
        arrays[name] = None if any(part is None for part in each) else np.concatenate(each)
    names = tuple(name for part in parts for name in part.names)
    return Labelled(**arrays, names=names if all(part.names for part in parts) else (), kind=parts[0].kind)


def _present(given: T | None, what: str) -> T:
    if given is None:
        raise SourceNotFound(f"The data set holds no {what}.", fix="Give one that does: see docs/data.md.")
    return given
