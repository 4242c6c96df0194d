"""FER-2013 as one file: `fer2013.csv` (emotion, pixels, Usage), with FER+'s `fer2013new.csv` beside it or without.

Both have the same rows in the same order. `icml_face_data.csv` is the same file with its columns in another order;
Kaggle's `train.csv` has the training rows alone, without Usage: 15 of a hundred, by the hash of the row's number, are
its validation split, and it has no test split.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from edge.core.face.preprocess import CROP_PX
from edge.core.labels import EMOTIONS
from edge.evaluation.vote_table import VoteTable, read_votes
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.splitting import NoSuchSplit, is_held_out

NAMES = ("fer2013.csv", "icml_face_data.csv", "train.csv")
USAGES = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
_VOTES = "fer2013new.csv"


def is_here(path: Path) -> bool:
    """Whether a path is such a file, or a folder that holds it."""
    return _file(path) is not None


def load(path: Path, split: str) -> Labelled:
    """Read a split; crops are named after their row, counted from 0, as in `row 312`.

    Raises:
        SourceNotFound: A row is malformed, or the two files have different numbers of rows.
    """
    table = _file(path)
    if table is None:
        raise SourceNotFound(f"{path} is no {NAMES[0]}.", fix="Give the file, or the folder that holds it.")
    beside = table.with_name(_VOTES)
    votes = read_votes(beside) if beside.is_file() else None
    rows, crops, emotions = [], [], []
    count = 0
    try:
        for row, line in _lines(table):
            count += 1
            if _split(row, line) == split:
                rows.append(row)
                crops.append(_crop(line["pixels"]))
                emotions.append(_emotion(line["emotion"]))
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise SourceNotFound(
            f"Row {count} of {table} is not one of FER-2013: {type(error).__name__}: {error}.",
            fix=f"It needs the columns emotion (0 to 6), pixels ({CROP_PX**2} grey values) and Usage, or none.",
        ) from None
    if not rows:
        raise NoSuchSplit(f"{table} holds no row of {USAGES[split]}.", fix="Give the whole file, fer2013.csv.")
    _refuse_unlike(table, count, votes)
    return Labelled(
        crops=np.stack(crops),
        emotion=np.array(emotions, np.int64),
        votes=None if votes is None else votes.of_rows(rows),
        names=tuple(f"row {row}" for row in rows),
    )


def hashes(path: Path, split: str) -> dict[str, str]:
    """The SHA-256 of the one file, which holds every split, and of the votes beside it."""
    table = _file(path) or path
    files = (table, table.with_name(_VOTES))
    return {file.name: hash_of(file) for file in files if file.is_file()}


def _file(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix == ".csv" else None
    return next((path / name for name in NAMES if (path / name).is_file()), None)


def _lines(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with table.open(newline="", encoding="utf-8-sig") as lines:
        yield from enumerate(csv.DictReader(lines, skipinitialspace=True))


def _split(row: int, line: dict[str, str]) -> str:
    if "Usage" not in line:
        return "validation" if is_held_out(f"row {row}") else "train"
    for split, usage in USAGES.items():
        if line["Usage"] == usage:
            return split
    raise ValueError(f"Usage {line['Usage']}")


def _crop(pixels: str) -> NDArray[np.uint8]:
    values = np.fromstring(pixels, np.int16, sep=" ")  # ends at what is no number: then there are too few
    if values.size != CROP_PX**2 or values.min() < 0 or values.max() > 255:
        raise ValueError(f"{values.size} grey values, or one beyond 0 to 255")
    return values.astype(np.uint8).reshape(CROP_PX, CROP_PX)


def _emotion(number: str) -> int:
    if not 0 <= int(number) < len(EMOTIONS):  # FER-2013 numbers them in EMOTIONS' order
        raise ValueError(f"emotion {number}")
    return int(number)


def _refuse_unlike(table: Path, count: int, votes: VoteTable | None) -> None:
    if votes is not None and len(votes.rows) != count:
        raise SourceNotFound(
            f"{table} has {count} rows and {votes.path.name} beside it {len(votes.rows)}.",
            fix="Give both files whole: they have the same rows in the same order.",
        )
