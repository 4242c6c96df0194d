"""Duplicates among the crops of a data set: a test picture that is in training, too, is no evidence.

The same are those with equal pixels. Nearly the same are those whose difference hashes (64 bits: for each of 8x8 places
whether it is brighter than its left neighbour) differ in at most NEAR_BITS and whose pixels correlate by NEAR_ALIKE at
least: on FER-2013 that is the same photograph, cut, scaled or compressed otherwise.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import cv2
import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 4
NEAR_ALIKE = 0.9
_AT_ONCE = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Pictures that stand in a data set more than once, in groups of their places (indexes into all n crops)."""

    same: tuple[tuple[int, ...], ...]  # two or more each
    near: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]  # two pictures, each with all its places

    def repeats(self, split_of: NDArray[np.str_], splits: Sequence[str]) -> dict[tuple[str, str], tuple[int, int]]:
        """For each two splits (or one): how many crops of the second are the same as one of the first, how many nearly.

        Within one split a crop repeats another that stands before it. `split_of` (n,) names each crop's split.
        """
        same, near = _Repeats(split_of), _Repeats(split_of)
        for places in self.same:
            same.add(places, places)
        for one, other in self.near:
            near.add(one, other)
            near.add(other, one)
        between = combinations_with_replacement(splits, 2)
        return {pair: (len(same.of[pair]), len(near.of[pair] - same.of[pair])) for pair in between}


class _Repeats:
    """For each two splits, the crops of the second that repeat one of the first."""

    def __init__(self, split_of: NDArray[np.str_]) -> None:
        self._split_of = split_of
        self.of: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def add(self, earlier: Sequence[int], later: Sequence[int]) -> None:
        for one in earlier:
            for other in later:
                first, second = str(self._split_of[one]), str(self._split_of[other])
                if first != second or one < other:
                    self.of[first, second].add(other)


def find(crops: NDArray[np.uint8], origin: Sequence[str]) -> Duplicates:
    """Find the duplicates among crops.

    Args:
        crops: Crops (n, 48, 48).
        origin: The file of each crop; two crops of one file (a clip) are never near duplicates.
    """
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, crop in enumerate(crops):
        places[crop.tobytes()].append(index)
    groups = [tuple(group) for group in places.values()]
    shown = crops[[group[0] for group in groups]]
    near = (
        (groups[one], groups[other])
        for one, other in _alike(shown)
        if len({origin[place] for place in (*groups[one], *groups[other])}) > 1
    )
    return Duplicates(tuple(group for group in groups if len(group) > 1), tuple(near))


def _alike(crops: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """The pairs of crops (n, 48, 48) that are nearly the same; a crop of one grey value is like no other."""
    varied = np.flatnonzero(crops.reshape(len(crops), -1).std(axis=1) > 0)
    # Signs instead of bits: the product of two hashes is 64 less twice the number of bits in which they differ.
    signs = np.stack([_difference_hash(crops[index]) for index in varied]) if len(varied) else np.zeros((0, 64))
    for start in range(0, len(varied), _AT_ONCE):
        products = signs[start : start + _AT_ONCE] @ signs[start:].T
        first, second = np.nonzero(products >= signs.shape[1] - 2 * NEAR_BITS)
        after = first < second
        pairs = varied[start + first[after]], varied[start + second[after]]
        for part in range(0, len(pairs[0]), _AT_ONCE):
            one, other = pairs[0][part : part + _AT_ONCE], pairs[1][part : part + _AT_ONCE]
            alike = np.einsum("np,np->n", _unit(crops[one]), _unit(crops[other])) >= NEAR_ALIKE
            yield from zip(one[alike].tolist(), other[alike].tolist(), strict=True)


def _difference_hash(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """64 signs: +1 where a place of 8x8 is brighter than the one left of it, else -1."""
    small = cv2.resize(crop, (9, 8), interpolation=cv2.INTER_AREA)
    return np.where(small[:, 1:] > small[:, :-1], 1, -1).ravel().astype(np.float32)


def _unit(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Crops (n, 48, 48) as rows of mean 0 and length 1, so that the product of two is their correlation."""
    rows = crops.reshape(len(crops), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
