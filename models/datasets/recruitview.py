"""RecruitView (arXiv:2512.00450): clips of interviews, each with one rating; `metadata.jsonl`, `videos/`.

A face is taken every second, by the runtime's own detector and crop, and carries the clip's `facial_expression`, a
z-score over all clips. A person is in one split only: 70, 15 and 15 of a hundred people, by the hash of `user_no`.
"""

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath

import numpy as np

from edge.core.errors import SourceNotFound
from models.datasets import face_crops
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.splitting import NoSuchSplit, split_of

TABLE = "metadata.jsonl"


@dataclass(frozen=True, slots=True)
class Clip:
    """One line of the table."""

    file: str
    person: str
    score: float


def is_here(path: Path) -> bool:
    """Whether a folder holds the table."""
    return (path / TABLE).is_file()


def load(path: Path, split: str) -> Labelled:
    """Read a split.

    Raises:
        SourceNotFound: A line or a clip cannot be read, or no face is found.
    """
    clips = [clip for clip in _clips(path / TABLE) if split_of(clip.person) == split]
    with face_crops.opened() as look:
        taken = [look.crops(path / clip.file) for clip in clips]
    counts = [len(crops) for crops in taken]
    if not sum(counts):
        raise NoSuchSplit(
            f"{path} shows no face in its {split} split ({len(clips)} clips).", fix="Give the whole data set."
        )
    return Labelled(
        crops=np.concatenate(taken),
        scores=np.repeat(np.array([clip.score for clip in clips], np.float32), counts),
        names=tuple(np.repeat([clip.file for clip in clips], counts).tolist()),
        persons=np.repeat([clip.person for clip in clips], counts),
    )


def hashes(path: Path, split: str) -> dict[str, str]:
    """The SHA-256 of the table, which holds every split."""
    return {TABLE: hash_of(path / TABLE)}


def _clips(table: Path) -> list[Clip]:
    number = 0
    try:
        with table.open(encoding="utf-8") as lines:
            clips = []
            for line in lines:
                number += 1
                if line.strip():
                    clips.append(_clip(json.loads(line)))
            return clips
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SourceNotFound(
            f"Line {number} of {table} describes no clip: {type(error).__name__}: {error}.",
            fix="It needs file_name, user_no and facial_expression.",
        ) from None


def _clip(row: dict[str, object]) -> Clip:
    clip = Clip(str(row["file_name"]), str(row["user_no"]), float(str(row["facial_expression"])))
    if not isfinite(clip.score):
        raise ValueError(f"facial_expression is {clip.score}")
    if PurePosixPath(clip.file).is_absolute() or ".." in PurePosixPath(clip.file).parts:
        raise ValueError(f"file_name {clip.file} lies outside the data set")
    return clip
