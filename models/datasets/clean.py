"""Training without the pictures that validation or test hold too: a figure of them would prove nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.vision.card import InputKind
from models.datasets.description.duplicates import find
from models.datasets.labelled import Labelled
from models.datasets.load import load
from models.datasets.splitting import NoSuchSplit


def repeats(split: Labelled, others: Sequence[Labelled]) -> NDArray[np.bool_]:
    """Which pictures of a split stand in one of the other splits too, the same or nearly so.

    Args:
        split: n pictures.
        others: The splits they are compared with.

    Returns:
        (n,), true for those that do; `models.datasets.description.duplicates` says what nearly the same is.
    """
    every = [split, *others]
    if split.kind is not InputKind.CROP:  # features of the same picture are the same
        held = {row.tobytes() for other in others for row in other.crops}
        return np.array([row.tobytes() in held for row in split.crops], bool)
    crops = np.concatenate([part.crops for part in every])
    origin = [f"{number}/{name}" for number, part in enumerate(every) for name in _names(part)]
    found = find(crops, origin)
    groups = [*found.same, *((*one, *other) for one, other in found.near)]
    repeated = np.zeros(len(split), bool)
    for places in groups:
        if max(places) >= len(split):
            repeated[[place for place in places if place < len(split)]] = True
    return repeated


def unseen(train: Labelled, validation: Labelled, data: Path) -> NDArray[np.bool_]:
    """Which pictures of the training split stand in neither validation nor test.

    Args:
        train: The training split of `data`, n pictures.
        validation: Its validation split.
        data: The data set; its test split, where it has one, is read for this alone.

    Returns:
        (n,), true for those to train on.
    """
    try:
        held_out = [validation, load(data, "test")]
    except NoSuchSplit:
        held_out = [validation]
    return ~repeats(train, held_out)


def chosen(split: Labelled, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Labelled:
    """The pictures of a split for which `keep` is true, or those at the places `keep`, in that order."""
    places = np.arange(len(split))[keep]
    return replace(
        split,
        crops=split.crops[places],
        emotion=None if split.emotion is None else split.emotion[places],
        votes=None if split.votes is None else split.votes[places],
        scores=None if split.scores is None else split.scores[places],
        stress=None if split.stress is None else split.stress[places],
        names=tuple(split.names[place] for place in places) if split.names else (),
        persons=None if split.persons is None else split.persons[places],
    )


def _names(split: Labelled) -> Sequence[str]:
    return split.names or [str(number) for number in range(len(split))]
