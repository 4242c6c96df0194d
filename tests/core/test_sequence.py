"""Windows of landmark features: what a network is given of them, and the ring buffer that makes them in a run."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES
from edge.core.face.sequence import MASK, SEQUENCE_FEATURES, Grid, sequence_input
from edge.core.observing.ring import Ring, Window

GRID = Grid(step_s=0.5, steps=4, stride=2)
RANDOM = np.random.default_rng(0)
TICKS_S = np.cumsum(RANDOM.uniform(0.05, 0.6, 60)) + 7.3


def features(number: int) -> NDArray[np.float32] | None:
    return None if number % 5 == 3 else np.full(FEATURES, number, np.float32)


def read(ring: Ring, numbers: range) -> list[Window]:
    return [window for number in numbers for window in ring.add(float(TICKS_S[number]), features(number))]


def same(one: list[Window], other: list[Window]) -> bool:
    return len(one) == len(other) and all(
        left.ended_s == right.ended_s and np.array_equal(left.rows, right.rows, equal_nan=True)
        for left, right in zip(one, other, strict=True)
    )


def test_a_network_is_given_movement_and_a_mask() -> None:
    rows = np.tile(np.array([[2.0], [np.nan], [4.0]], np.float32), (1, FEATURES))
    given = sequence_input(rows[np.newaxis])
    assert given.shape == (1, 3, SEQUENCE_FEATURES)
    assert given[0, :, 0].tolist() == [-1, 0, 1]
    assert given[0, :, -1].tolist() == [MASK, 0, MASK]
    assert not sequence_input(np.full((3, FEATURES), np.nan, np.float16)).any()


def test_windows_end_at_multiples_of_the_stride_and_hold_the_last_mesh_of_each_place() -> None:
    ring = Ring(GRID)
    shown = [(0.1, 1), (0.4, 2), (0.6, 3), (1.2, 4), (1.7, 5), (1.9, 6)]
    assert not [window for tick_s, value in shown for window in ring.add(tick_s, np.full(FEATURES, value, np.float32))]
    (window,) = ring.add(2.0, None)
    assert (window.ended_s, window.rows[:, 0].tolist()) == (2.0, [2, 3, 4, 6])
    assert not ring.add(2.9, np.full(FEATURES, 7, np.float32))
    (later,) = ring.add(3.3, None)
    assert later.ended_s == 3.0
    assert later.rows[:, 0].tolist() == pytest.approx([4, 6, np.nan, 7], nan_ok=True)


def test_a_window_with_too_few_meshes_is_left_out() -> None:
    ring = Ring(GRID)
    ring.add(0.0, np.zeros(FEATURES, np.float32))
    assert not [window for tick_s in (0.5, 1.0, 1.5, 2.0, 2.5) for window in ring.add(tick_s, None)]
    ring.add(1000.0, np.ones(FEATURES, np.float32))
    assert not ring.add(1001.0, None), "one mesh of four, after a long gap"


def test_a_session_cut_in_pieces_has_the_windows_of_the_whole() -> None:
    whole = read(Ring(GRID), range(60))
    assert len(whole) > 10
    ring = Ring(GRID)
    assert same([*read(ring, range(23)), *read(ring, range(23, 24)), *read(ring, range(24, 60))], whole)
    second = read(Ring(GRID), range(23, 60))  # without what came before
    assert len(second) >= len(whole) - 9
    assert same(second, whole[-len(second) :])


def test_another_participant_begins_anew() -> None:
    ring = Ring(GRID)
    read(ring, range(20))
    ring.forget()
    assert same(read(ring, range(20, 60)), read(Ring(GRID), range(20, 60)))
