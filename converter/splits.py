"""The three splits of a data set, each for its own step of a conversion."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.datasets.labelled import Labelled
from models.datasets.load import form_of, hashes, load


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The splits of one data set.

    Attributes:
        train: The calibration set is drawn from it, and the score's quantiles are those of its faces.
        validation: Temperature, class bias and the slopes of the levels' probabilities are fitted on it.
        test: Float and INT8 are compared on it; it decides nothing.
        about: What the card says about the test split: the data set's `name`, `split` and `sha256` by file.
        scored_on: What the card says about the faces of the score: `sha256` by file of train and validation.
    """

    train: Labelled
    validation: Labelled
    test: Labelled
    about: Mapping[str, Any]
    scored_on: Mapping[str, Any]


def read_splits(path: Path) -> Splits:
    """Reads all splits of any data set that a network can be trained on.

    Args:
        path: A data set in one of the forms of `models.datasets.load`.

    Returns:
        The three splits in memory.

    Raises:
        SourceNotFound: The path holds no known form, or lacks a split.
    """
    train, validation, test = (load(path, split) for split in ("train", "validation", "test"))
    about = {"name": form_of(path).name, "split": "test", "sha256": hashes(path, "test")}
    scored_on = {"data": about["name"], "sha256": hashes(path, "train") | hashes(path, "validation")}
    return Splits(train, validation, test, about, scored_on)
