"""What is true of a labelled picture: the name of its folder, or what most people voted."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.core.errors import SourceNotFound, UsageError
from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.labelled import LabelledImage
from edge.evaluation.vote_table import VoteTable, read_votes, table_beside
from edge.evaluation.votes import NO_EMOTION, VOTED, expressive_shares, levels_of, majority, standardised


class Question(StrEnum):
    """What is asked of each picture, by the name of the model that answers."""

    EMOTION = "emotion"
    EMOTION_FERPLUS = "emotion-ferplus"
    EXPRESSIVENESS = "expressiveness"

    @property
    def labels(self) -> tuple[str, ...]:
        """The possible answers."""
        return tuple(level.value for level in LEVELS) if self is Question.EXPRESSIVENESS else EMOTIONS

    @property
    def emotion_model(self) -> str:
        """The emotion model to load: the one that is asked, or the usual one."""
        return Question.EMOTION.value if self is Question.EXPRESSIVENESS else self.value


class Labels(StrEnum):
    """Who says what is true."""

    FOLDER = "folder"  # the name of the folder that a picture lies in
    FERPLUS = "ferplus"  # the people whose votes stand in a table beside the pictures


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """What is true of one picture; exactly one of `label` and `left_out` is set."""

    label: int | None  # an index into the question's labels
    left_out: str | None = None  # why there is nothing to compare with: contempt, unknown, not_a_face
    share: float | None = None  # of the votes for an emotion, those that are not neutral


@dataclass(frozen=True, slots=True)
class GroundTruths:
    """What is true of each picture, and who says so."""

    labels: Labels
    of: Callable[[LabelledImage], GroundTruth]


def ground_truths(labels: Labels | None, votes: Path | None, question: Question, images: Path) -> GroundTruths:
    """The ground truth that was chosen: by default the votes where a table of them is named, else the folders' names.

    Raises UsageError where the two do not fit together, SourceNotFound where there is no table of votes.
    """
    if labels is Labels.FOLDER and votes is not None:
        raise UsageError("--labels folder needs no --votes.", fix="Leave one of them out.")
    if labels is not Labels.FERPLUS and votes is None:
        return GroundTruths(Labels.FOLDER, lambda image: _by_folder(image, question))
    table = votes or table_beside(images)
    if table is None:
        raise SourceNotFound(f"No table of votes lies beside {images}.", fix="Name it: --votes labels.csv.")
    voted, by_votes = read_votes(table), _level if question is Question.EXPRESSIVENESS else _emotion
    return GroundTruths(Labels.FERPLUS, lambda image: by_votes(image, voted))


def _by_folder(image: LabelledImage, question: Question) -> GroundTruth:
    if image.label not in question.labels:
        raise SourceNotFound(
            f"{image.name} lies in a folder that is no class of {question.value}.",
            fix=f"Name the folders {', '.join(question.labels)}.",
        )
    return GroundTruth(question.labels.index(image.label))


def _emotion(image: LabelledImage, table: VoteTable) -> GroundTruth:
    winner = int(majority(table.of_pictures([image.name]))[0])
    return GroundTruth(winner) if winner < NO_EMOTION else GroundTruth(None, left_out=VOTED[winner])


def _level(image: LabelledImage, table: VoteTable) -> GroundTruth:
    votes = table.of_pictures([image.name])
    shares = expressive_shares(votes)
    if shares[0] != shares[0]:  # NaN: nobody saw an emotion
        return GroundTruth(None, left_out=VOTED[int(majority(votes)[0])])
    return GroundTruth(int(levels_of(standardised(shares))[0]), share=float(shares[0]))
