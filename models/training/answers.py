"""What a teacher answers about faces: the logits of both heads, in a file that another run learns from."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from models.files import whole

ANSWERS = "answers.npz"
_PARTS = ("row", "label_logits", "votes_logits")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The logits of n faces."""

    labels: NDArray[np.float32]  # (n, 7)
    votes: NDArray[np.float32]  # (n, 8)

    def at(self, places: NDArray[np.int64]) -> "Answers":
        """The answers at these places, in this order."""
        return Answers(self.labels[places], self.votes[places])


def rows_of(names: Sequence[str]) -> NDArray[np.int64]:
    """The number in which each file name ends, which is FER-2013's row, else its place in the split."""
    found = [re.search(r"(\d+)$", PurePosixPath(name).stem) for name in names]
    return np.array([place if number is None else int(number[1]) for place, number in enumerate(found)], np.int64)


def read_answers(paths: Sequence[Path], names: Sequence[str]) -> Answers:
    """The mean of what teachers answer about the training faces of these names.

    Args:
        paths: `.npz` files that `keep_answers` wrote, one a teacher: `train_row` (m,), `train_label_logits` (m, 7) and
            `train_votes_logits` (m, 8), of the faces wanted and perhaps of more.
        names: n file names.

    Returns:
        Logits of the n faces, in their order.

    Raises:
        SourceNotFound: A file is missing, is no such file, or lacks a face.
    """
    given = [_read(path, rows_of(names)) for path in paths]
    return Answers(*(np.mean([getattr(one, head) for one in given], axis=0) for head in ("labels", "votes")))


def holds_answers(path: Path) -> bool:
    """Whether a file is one that `keep_answers` wrote; what is wrong with any other is for its reader to say."""
    try:
        with np.load(path) as arrays:
            return f"train_{_PARTS[0]}" in arrays
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        return False


def keep_answers(path: Path, answers: Mapping[str, tuple[Sequence[str], Answers]]) -> None:
    """Write answers about splits, by the split's name: the names of its files and the answers.

    Raises:
        CannotWrite: The file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for split, (names, said) in answers.items():
        arrays[f"{split}_row"] = rows_of(names)
        arrays[f"{split}_label_logits"] = said.labels.astype(np.float16)
        arrays[f"{split}_votes_logits"] = said.votes.astype(np.float16)
    with whole(path) as part:
        np.savez_compressed(part, **arrays)


def _read(path: Path, rows: NDArray[np.int64]) -> Answers:
    try:
        with np.load(path) as arrays:
            there, labels, votes = (np.asarray(arrays[f"train_{name}"]) for name in _PARTS)
        if not len(there) == len(labels) == len(votes) or labels.shape[1:] != (7,) or votes.shape[1:] != (8,):
            raise ValueError("arrays of other shapes than (m,), (m, 7) and (m, 8)")
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise SourceNotFound(
            f"{path} holds no teacher's answers: {error}.",
            fix="Give the answers.npz of a run, or an .npz with train_row, train_label_logits and train_votes_logits.",
        ) from None
    order = np.argsort(there)
    places = np.searchsorted(there[order], rows).clip(max=len(there) - 1)
    places = order[places]
    lacking = rows[there[places] != rows]
    if len(lacking):
        raise SourceNotFound(
            f"{path} lacks {len(lacking)} of {len(rows)} training faces, row {lacking[0]} first.",
            fix="Give a teacher of the same data set.",
        )
    return Answers(labels[places].astype(np.float32), votes[places].astype(np.float32))
