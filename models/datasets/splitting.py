"""The three splits of a data set, and the assignment to them where a data set has none."""

from hashlib import sha256

from edge.core.errors import SourceNotFound

SPLITS = ("train", "validation", "test")
TRAIN_SHARE, VALIDATION_SHARE = 0.70, 0.15


class NoSuchSplit(SourceNotFound):
    """The data set is there, and has no such split."""


def split_of(key: str) -> str:
    """Assign a key to a split by its hash: 70, 15 and 15 of a hundred.

    Args:
        key: Names a person or a picture.

    Returns:
        One of `SPLITS`.
    """
    place = _place(key)
    if place < TRAIN_SHARE:
        return "train"
    return "validation" if place < TRAIN_SHARE + VALIDATION_SHARE else "test"


def is_held_out(key: str) -> bool:
    """Whether a training picture is among the 15 of a hundred that are the validation split where there is none."""
    return _place(key) >= 1 - VALIDATION_SHARE


def _place(key: str) -> float:
    """The key's hash as a number, evenly distributed over 0..1."""
    return int.from_bytes(sha256(key.encode()).digest()[:8]) / 2**64
