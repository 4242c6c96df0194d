"""The three splits of a data set, and the same share of every data set that does not say which is which."""

from hashlib import sha256

from edge.core.errors import SourceNotFound

SPLITS = ("train", "validation", "test")
TRAIN_SHARE, VALIDATION_SHARE = 0.70, 0.15


class NoSuchSplit(SourceNotFound):
    """The data set is there, and has no such split."""


def split_of(key: str) -> str:
    """One of SPLITS for a person or a picture: 70, 15 and 15 of a hundred, by the key's hash and nothing else."""
    place = _place(key)
    if place < TRAIN_SHARE:
        return "train"
    return "validation" if place < TRAIN_SHARE + VALIDATION_SHARE else "test"


def is_held_out(key: str) -> bool:
    """Whether a training picture is among the 15 of a hundred that serve as validation where there is no such split."""
    return _place(key) >= 1 - VALIDATION_SHARE


def _place(key: str) -> float:
    """0..1, evenly."""
    return int.from_bytes(sha256(key.encode()).digest()[:8]) / 2**64
