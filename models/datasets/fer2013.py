"""FER-2013 (Goodfellow et al. 2013, arXiv:1307.0414) with the FER+ votes (Barsoum et al. 2016, arXiv:1608.01041).

The form read here is a folder of zips (`train.zip`, or `train-0.zip`, `train-1.zip` ..., `validation.zip`, `test.zip`,
each `<split>/<class>/<row>.webp`) with `labels.csv` beside them: row, usage, emotion, then ten taggers' votes.
"""

import csv
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS, EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW, level_of
from edge.core.preprocess import crop_of
from edge.sources.labelled import labelled_images
from models.datasets.faces import Faces

SPLITS = ("train", "validation", "test")

_CLASSES = {emotion: index for index, emotion in enumerate(EMOTIONS)}

# FER+'s columns in EMOTIONS' order; contempt has no class here, unknown and not_a_face are no emotion.
_VOTES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_EMOTION_VOTES = (*_VOTES, "contempt")

# The tertiles of the share of votes that are not neutral, on the training split, fall between 5/10 and 5/9 and between
# 9/10 and 10/10; the cuts stand halfway, so that no image lies on one.
SHARE_CUTS = ((0.5 + 5 / 9) / 2, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Fer2013:
    """One split: crops (n, 48, 48), FER-2013's class of each (n,), and the votes (n, 8) in `_EMOTION_VOTES`' order."""

    crops: NDArray[np.uint8]
    emotion: NDArray[np.int64]
    votes: NDArray[np.float32]

    def emotions(self, votes_weight: float) -> Faces:
        """Faces labelled with FER-2013's classes; targets mix them with the votes, weighted 0..1."""
        given = np.eye(len(EMOTIONS), dtype=np.float32)[self.emotion]
        of_seven = self.votes[:, : len(EMOTIONS)]
        total = of_seven.sum(axis=1, keepdims=True)
        voted = np.where(total > 0, of_seven / np.maximum(total, 1), given)
        mixed = (1 - votes_weight) * given + votes_weight * voted
        return Faces(self.crops, mixed.astype(np.float32), self.emotion, EMOTIONS)

    def levels(self) -> Faces:
        """Faces with a level of expressiveness: the images with at least one emotion vote.

        The score is the share of votes that are not neutral, standardised so that its training tertiles fall on the
        thresholds of `edge.core.labels`.
        """
        voted = self.votes.sum(axis=1) > 0
        votes = self.votes[voted]
        scores = standardised(1 - votes[:, _EMOTION_VOTES.index("neutral")] / votes.sum(axis=1))
        truth = np.array([LEVELS.index(level_of(float(score))) for score in scores], np.int64)
        targets = np.eye(len(LEVELS), dtype=np.float32)[truth]
        return Faces(self.crops[voted], targets, truth, tuple(level.value for level in LEVELS), scores)


def standardised(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of votes that are not neutral, 0..1, as scores: the line that takes SHARE_CUTS to the two thresholds."""
    low, high = SHARE_CUTS
    slope = (EXPRESSIVE_ABOVE - RESERVED_BELOW) / (high - low)
    return (RESERVED_BELOW + slope * (np.asarray(share, np.float32) - low)).astype(np.float32)


def load(folder: Path, split: str) -> Fer2013:
    """Read one of SPLITS. Raises SourceNotFound where the folder does not hold it in the form described above."""
    table = folder / "labels.csv"
    archives = zips(folder, split)
    if not archives or not table.is_file():
        raise SourceNotFound(
            f"{folder} holds no FER-2013 split named {split}.",
            fix=f"Give the folder that holds {split}.zip (or {split}-0.zip ...) and labels.csv.",
        )
    votes = _read_votes(table)
    try:
        images = [image for archive in archives for image in labelled_images(archive)]
        return Fer2013(
            crops=np.stack([crop_of(image.pixels) for image in images]),
            emotion=np.array([_CLASSES[image.label] for image in images], np.int64),
            votes=np.array([votes[int(Path(image.name).stem)] for image in images], np.float32),
        )
    except (KeyError, ValueError, BadZipFile) as error:
        raise SourceNotFound(
            f"The FER-2013 split {split} in {folder} is not in the form expected: {error}.",
            fix=f"A picture is {split}/<{'|'.join(EMOTIONS)}>/<row in labels.csv>.webp.",
        ) from None


def zips(folder: Path, split: str) -> list[Path]:
    """The archives of one of SPLITS, in order; none where the folder does not hold it."""
    return sorted([*folder.glob(f"{split}.zip"), *folder.glob(f"{split}-*.zip")])


def hashes(folder: Path, split: str) -> dict[str, str]:
    """The SHA-256 of each archive of one of SPLITS, by its name."""
    return {archive.name: sha256(archive.read_bytes()).hexdigest() for archive in zips(folder, split)}


def _read_votes(table: Path) -> dict[int, list[float]]:
    """The votes of each row, in `_EMOTION_VOTES`' order."""
    try:
        with table.open(newline="", encoding="utf-8") as lines:
            return {int(row["row"]): [float(row[name]) for name in _EMOTION_VOTES] for row in csv.DictReader(lines)}
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise SourceNotFound(
            f"{table} does not tell the votes: {type(error).__name__}: {error}.",
            fix=f"It needs the columns row, {', '.join(_EMOTION_VOTES)}.",
        ) from None
