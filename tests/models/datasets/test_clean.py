"""Training pictures that another split holds too are found, and the rest of a split stays together."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.datasets.clean import chosen, repeats
from models.datasets.labelled import Labelled


def split(*seeds: int, prefix: str = "") -> Labelled:
    """A smooth random picture for each seed; its class and votes say which seed it was."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    crops = [
        cv2.resize(rng.integers(0, 256, (7, 7), np.uint8), (48, 48), interpolation=cv2.INTER_CUBIC) for rng in rngs
    ]
    votes = np.zeros((len(seeds), 10), np.float32)
    votes[np.arange(len(seeds)), np.array(seeds) % 7] = 10
    names = tuple(f"{prefix}{seed}.png" for seed in seeds)
    return Labelled(np.stack(crops), emotion=np.array(seeds) % 7, votes=votes, names=names)


def test_pictures_of_another_split_are_found() -> None:
    train, test = split(1, 2, 3, 3, 4), split(9, 3, 8, prefix="test")
    assert repeats(train, [test]).tolist() == [False, False, True, True, False]


def test_nearly_the_same_picture_is_found() -> None:
    train, test = split(1, 2), split(9, prefix="test")
    lighter = np.clip(train.crops[1].astype(int) // 2 + 60, 0, 255).astype(np.uint8)
    test.crops[0] = lighter
    assert repeats(train, [test]).tolist() == [False, True]


def test_twice_in_training_alone_is_no_matter() -> None:
    assert not repeats(split(1, 1, 2), [split(5, prefix="test"), split(6, prefix="validation")]).any()


@pytest.mark.parametrize("keep", [np.array([True, False, True]), np.array([2, 0])])
def test_a_chosen_part_keeps_what_belongs_together(keep: NDArray[np.bool_] | NDArray[np.int64]) -> None:
    part = chosen(split(1, 2, 3), keep)
    assert part.emotion is not None
    assert part.votes is not None
    expected = [1, 3] if keep.dtype == bool else [3, 1]
    assert part.emotion.tolist() == expected
    assert part.votes.argmax(axis=1).tolist() == expected
    assert part.names == tuple(f"{seed}.png" for seed in expected)
    assert np.array_equal(part.crops, split(*expected).crops)
