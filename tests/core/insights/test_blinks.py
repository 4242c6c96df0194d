"""Blinks of streams of eye openings, sixteen a second; eyes are usually 1 open here."""

from collections.abc import Sequence

import numpy as np
import pytest

from edge.core.face.mesh import HeadPose, Mesh
from edge.core.insights.blinks import APART_S, CLOSED, OPEN, Blinks
from edge.core.insights.sums import Sums

POINTS = np.zeros((468, 3), np.float32)
SECOND = [1.0] * 17  # from the first frame to a second after it


def eyes(opening: float, left: float | None = None) -> Mesh:
    return Mesh(POINTS, 1.0, HeadPose(0.0, 0.0, 0.0), opening, opening if left is None else left, 0.0, 0.0)


def blinks(openings: Sequence[float], every_s: float = 1 / 16) -> float:
    counter, total = Blinks(), Sums()
    for number, opening in enumerate(openings):
        total.add(counter.update(number * every_s, eyes(opening)))
    return total.blinks


@pytest.mark.parametrize(("open_frames", "seen"), [(16, 0), (17, 1)])
def test_a_second_of_open_eyes_is_needed_first(open_frames: int, seen: int) -> None:
    assert blinks([*[1.0] * open_frames, 0.5, 1.0]) == seen


@pytest.mark.parametrize(("opening", "seen"), [(CLOSED, 0), (CLOSED - 0.01, 1)])
def test_eyes_are_closed_below_a_share_of_their_usual_opening(opening: float, seen: int) -> None:
    assert blinks([*SECOND, opening, 1.0]) == seen


@pytest.mark.parametrize(("opening", "seen"), [(OPEN, 0), (OPEN + 0.01, 1)])
def test_they_are_open_again_above_another(opening: float, seen: int) -> None:
    assert blinks([*SECOND, 0.1, *[opening] * 12]) == seen


@pytest.mark.parametrize(("frames", "seen"), [(8, 1), (9, 0)])
def test_what_lasts_longer_than_half_a_second_is_none(frames: int, seen: int) -> None:
    assert blinks([*SECOND, *[0.1] * frames, 1.0]) == seen


def test_closed_eyes_do_not_change_the_usual_opening() -> None:
    assert blinks([*SECOND, *[0.1] * 7, *[0.75] * 12]) == 0, "0.75 is not open"


def test_the_usual_opening_is_a_mean() -> None:
    assert blinks([*[0.9, 1.1] * 20, 0.4, 1.0]) == 1


def test_one_eye_alone_closes_half() -> None:
    counter = Blinks()
    for tick in range(17):
        counter.update(tick / 16, eyes(1.0))
    counter.update(17 / 16, eyes(0.0, 1.0))
    assert counter.update(18 / 16, eyes(1.0)).blinks == 1
    counter.update(19 / 16, eyes(0.5, 1.0))
    assert counter.update(20 / 16, eyes(1.0)).blinks == 0


def test_frames_too_far_apart_do_not_count() -> None:
    counter = Blinks()
    counter.update(0.0, eyes(1.0))
    assert counter.update(APART_S, eyes(1.0)).blink_s == APART_S
    assert counter.update(2.5 * APART_S, eyes(1.0)).blink_s == 0
