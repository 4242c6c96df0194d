"""The ground truth of a labelled picture: the name of its folder, or the majority of the votes."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.core.errors import SourceNotFound, UsageError
from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.labelled import LabelledImage
from edge.evaluation.vote_table import VoteTable, read_votes, table_beside
from edge.evaluation.votes import NO_EMOTION, VOTED, expressive_shares, levels_of, majority, standardised, tied
from edge.vision.card import Card

_LEVELS = tuple(level.value for level in LEVELS)


class Labels(StrEnum):
    """Where the ground truth comes from."""

    FOLDER = "folder"  # the name of the folder that a picture lies in
    FERPLUS = "ferplus"  # the votes in a table beside the pictures


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The ground truth of one picture; exactly one of `label` and `left_out` is set."""

    label: int | None  # an index into the network's labels
    left_out: str | None = None  # why there is none: contempt, unknown, not_a_face
    share: float | None = None  # of the votes for an emotion, those that are not neutral, 0..1
    tied: bool = False  # as many votes are for another label


@dataclass(frozen=True, slots=True)
class GroundTruths:
    """The ground truth of each picture, and where it comes from."""

    labels: Labels
    of: Callable[[LabelledImage], GroundTruth]


def ground_truths(labels: Labels | None, votes: Path | None, card: Card, images: Path) -> GroundTruths:
    """The ground truth of a network's answers.

    Args:
        labels: Where it comes from; None for the votes where a table of them is given, else for the folders' names.
        votes: The table of votes; None for the one beside the pictures.
        card: The card of the network that is evaluated.
        images: The folder or zip of the pictures.

    Raises:
        UsageError: The arguments contradict one another, or votes say nothing of this network's labels.
        SourceNotFound: There is no table of votes, or a picture's folder is none of the labels.
    """
    if labels is Labels.FOLDER and votes is not None:
        raise UsageError("--labels folder needs no --votes.", fix="Leave one of them out.")
    if labels is not Labels.FERPLUS and votes is None:
        return GroundTruths(Labels.FOLDER, lambda image: _by_folder(image, card))
    by_votes = {EMOTIONS: _emotion, _LEVELS: _level}.get(labels_of(card))
    if by_votes is None:
        raise UsageError(
            f"FER+'s votes say nothing of {', '.join(card.labels)}.", fix="Name the folders of the pictures so."
        )
    table = votes or table_beside(images)
    if table is None:
        raise SourceNotFound(f"No table of votes lies beside {images}.", fix="Name it: --votes labels.csv.")
    voted = read_votes(table)
    return GroundTruths(Labels.FERPLUS, lambda image: by_votes(image, voted))


def labels_of(card: Card) -> tuple[str, ...]:
    """The labels of a network's answers; those of a score are the levels, which follow from it."""
    return card.labels or _LEVELS


def _by_folder(image: LabelledImage, card: Card) -> GroundTruth:
    labels = labels_of(card)
    if image.label not in labels:
        raise SourceNotFound(
            f"{image.name} lies in a folder that is no class of {card.name}.",
            fix=f"Name the folders {', '.join(labels)}.",
        )
    return GroundTruth(labels.index(image.label))


def _emotion(image: LabelledImage, table: VoteTable) -> GroundTruth:
    votes = table.of_pictures([image.name])
    winner = int(majority(votes)[0])
    if winner >= NO_EMOTION:
        return GroundTruth(None, left_out=VOTED[winner])
    return GroundTruth(winner, tied=bool(tied(votes)[0]))


def _level(image: LabelledImage, table: VoteTable) -> GroundTruth:
    votes = table.of_pictures([image.name])
    shares = expressive_shares(votes)
    if shares[0] != shares[0]:  # NaN: no vote for an emotion
        return GroundTruth(None, left_out=VOTED[int(majority(votes)[0])])
    return GroundTruth(int(levels_of(standardised(shares))[0]), share=float(shares[0]))
