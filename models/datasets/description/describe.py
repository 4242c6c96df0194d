"""The contents of a data set: counts, balance, scores, duplicates, pictures without a face."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.preprocess import CROP_PX
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.rounding import rounded
from edge.evaluation.votes import NO_EMOTION, VOTED, expressive_shares, levels_of, majority
from edge.vision.card import InputKind
from edge.vision.detection.choose import face_detector
from models.datasets.description.duplicates import Duplicates, find
from models.datasets.description.scores import Scores
from models.datasets.labelled import Labelled
from models.datasets.load import SPLITS, form_of
from models.datasets.splitting import NoSuchSplit

Progress = Callable[
    [Iterable[int], str, int], Iterable[int]
]  # shows the progress of a long iteration: items, name, length

_MARGIN_PX, _ENLARGED = CROP_PX // 2, 4  # around a crop: the detector needs more than the inner face


@dataclass(frozen=True, eq=False)
class Description:
    """The splits of a data set, with their duplicates and the crops in which no face is detected."""

    path: Path
    form: str
    splits: dict[str, Labelled]
    duplicates: Duplicates
    undetected: dict[str, NDArray[np.int64]] | None  # by split, the crops in which no face is detected

    @cached_property
    def split_of(self) -> NDArray[np.str_]:
        """The split of every crop, (n,)."""
        return np.repeat(list(self.splits), [len(split) for split in self.splits.values()])

    @cached_property
    def classes(self) -> dict[str, dict[str, int]]:
        """By split, how many faces each class has: emotions, or levels where only scores are known."""
        return {name: _classes(split) for name, split in self.splits.items()}

    @cached_property
    def voted(self) -> dict[str, dict[str, int]] | None:
        """By split, how many faces have each majority of the votes; None where there are no votes."""
        if any(split.votes is None for split in self.splits.values()):
            return None
        return {
            name: _counted(majority(split.votes), (*EMOTIONS, *VOTED[NO_EMOTION:]))
            for name, split in self.splits.items()
            if split.votes is not None
        }

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """By split, the scores as rated, or the shares of votes that are not neutral; empty where there is neither."""
        found = {name: _scores(split) for name, split in self.splits.items()}
        return {name: Scores(values) for name, values in found.items() if values is not None and len(values)}

    @cached_property
    def repeats(self) -> dict[tuple[str, str], tuple[int, int]]:
        """`Duplicates.repeats` of these splits."""
        return self.duplicates.repeats(self.split_of, list(self.splits))

    @cached_property
    def contradictions(self) -> int:
        """How many pictures that stand here more than once have more than one class."""
        if any(split.emotion is None for split in self.splits.values()):
            return 0
        emotion = np.concatenate([split.emotion for split in self.splits.values() if split.emotion is not None])
        return sum(len(set(emotion[list(places)].tolist())) > 1 for places in self.duplicates.same)

    @cached_property
    def largest_to_smallest(self) -> float | None:
        """Size of the largest class of the first split in sizes of its smallest; None where one is empty."""
        counts = next(iter(self.classes.values())).values()
        return max(counts) / min(counts) if min(counts) else None

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        return {
            "data": str(self.path),
            "form": self.form,
            "n": {name: len(split) for name, split in self.splits.items()},
            "classes": self.classes,
            "largest_to_smallest_class": rounded(self.largest_to_smallest, 2),
            "votes": self.voted,
            "persons": self.persons,
            "scores": {name: scores.as_json() for name, scores in self.scores.items()},
            "duplicates": {
                "repeats": [
                    {"of": first, "in": second, "same": same, "near": near}
                    for (first, second), (same, near) in self.repeats.items()
                ],
                "pictures_with_several_classes": self.contradictions,
            },
            "without_a_face": {
                "by_votes": None if self.voted is None else {at: row["not_a_face"] for at, row in self.voted.items()},
                "by_detector": None if self.undetected is None else {at: len(of) for at, of in self.undetected.items()},
            },
        }

    @cached_property
    def persons(self) -> dict[str, int] | None:
        """By split, the number of persons; None where that is not known."""
        if any(split.persons is None for split in self.splits.values()):
            return None
        return {name: len(set(split.persons)) for name, split in self.splits.items() if split.persons is not None}


def describe(path: Path, *, detect: bool = False, progress: Progress = lambda items, what, count: items) -> Description:
    """Read and describe every split of a data set.

    Args:
        path: The data set, of any form.
        detect: Run the runtime's face detector on each crop.
        progress: Shows the progress of the detection.

    Raises:
        SourceNotFound: The path holds no known form or no pictures, or a file in it cannot be read.
    """
    form = form_of(path)
    splits, missing = {}, []
    for name in SPLITS:
        try:
            splits[name] = form.load(path, name)
        except NoSuchSplit as error:
            missing.append(error)
    if not splits:
        raise missing[0]
    kind = next(iter(splits.values())).kind
    if kind is not InputKind.CROP:
        raise SourceNotFound(
            f"{path} holds {kind}, and only pictures are described.", fix="Give the data that it was made from."
        )
    origin = [name for split in splits.values() for name in split.names]
    return Description(
        path=path,
        form=form.name,
        splits=splits,
        duplicates=find(np.concatenate([split.crops for split in splits.values()]), origin),
        undetected={name: _undetected(split.crops, name, progress) for name, split in splits.items()}
        if detect
        else None,
    )


def _undetected(crops: NDArray[np.uint8], split: str, progress: Progress) -> NDArray[np.int64]:
    """The indexes of the crops (n, 48, 48) in which no face is detected, each enlarged on black."""
    found, around = np.zeros(len(crops), bool), _MARGIN_PX
    with face_detector() as find_faces:
        for index in progress(range(len(crops)), f"Looking for faces in {split}", len(crops)):
            framed = cv2.copyMakeBorder(crops[index], around, around, around, around, cv2.BORDER_CONSTANT)
            large = cv2.resize(framed, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
            found[index] = bool(find_faces(np.asarray(cv2.cvtColor(large, cv2.COLOR_GRAY2RGB), np.uint8)))
    return np.flatnonzero(~found)


def _classes(split: Labelled) -> dict[str, int]:
    if split.emotion is not None:
        return _counted(split.emotion, EMOTIONS)
    return _counted(levels_of(_there(split.scores)), tuple(map(str, LEVELS)))


def _scores(split: Labelled) -> NDArray[np.float32] | None:
    if split.scores is not None:
        return split.scores
    if split.votes is None:
        return None
    shares = expressive_shares(split.votes)
    known: NDArray[np.float32] = shares[~np.isnan(shares)]
    return known


def _there(scores: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if scores is None:
        raise ValueError("faces without classes carry scores")
    return scores


def _counted(labels: NDArray[np.int64], names: tuple[str, ...]) -> dict[str, int]:
    return dict(zip(names, np.bincount(labels, minlength=len(names)).tolist(), strict=True))
