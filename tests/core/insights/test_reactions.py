"""Reactions of streams of scores, four a second: where they begin and end, and what is at rest."""

from collections.abc import Sequence

import pytest

from edge.core.insights.reactions import LONGEST_S, ONSET, RETURNED, Reactions
from edge.core.insights.sums import Sums

EVERY_S = 0.25
LOWER, HIGHER = 1 - 1e-9, 1 + 1e-9


def summed(scores: Sequence[float | None]) -> Sums:
    reactions, total = Reactions(), Sums()
    for number, score in enumerate(scores):
        total.add(reactions.update(number * EVERY_S, score))
    return total


def counts(scores: Sequence[float | None]) -> tuple[float, float, float]:
    total = summed(scores)
    return total.reactions, total.ended, total.recoveries


AT_REST = [0.0] * 13  # three seconds


@pytest.mark.parametrize(("rest", "begun"), [(AT_REST[1:], 0), (AT_REST, 1)])
def test_three_seconds_are_needed_before_the_first(rest: list[float], begun: int) -> None:
    assert counts([*rest, 1.0]) == (begun, 0, 0)


@pytest.mark.parametrize(("score", "begun"), [(ONSET * LOWER, 0), (ONSET, 1)])
def test_it_begins_where_the_score_is_far_enough_above_rest(score: float, begun: int) -> None:
    assert counts([*AT_REST, score]) == (begun, 0, 0)


@pytest.mark.parametrize(("score", "recovered"), [(RETURNED * HIGHER, 0), (RETURNED, 1)])
def test_it_ends_where_the_score_is_half_way_back(score: float, recovered: int) -> None:
    assert counts([*AT_REST, 1.0, score]) == (1, recovered, recovered)


def test_rest_may_be_low() -> None:
    low = [-0.5] * 13
    assert counts([*low, 0.5, 0.0]) == (1, 0, 0), "0.5 above rest is no return"
    total = summed([*low, 0.25, 0.5, 0.25, -0.25])
    assert (total.ended, total.recoveries) == (1, 1)
    assert total.amplitude == pytest.approx(1.0)
    assert total.recovery_s == 0.5, "from the peak"


def test_one_lively_frame_at_the_beginning_does_not_count_as_rest() -> None:
    assert counts([1.0, *AT_REST[1:], ONSET]) == (1, 0, 0)


@pytest.mark.parametrize(("above", "begun"), [(-0.01, 0), (0.01, 1)])
def test_rest_is_the_mean_over_time(above: float, begun: int) -> None:
    rest = 1 / 12  # of three seconds one frame is lively, beside the first, which took no time
    assert counts([1.0, 1.0, *AT_REST[2:], rest + ONSET + above]) == (begun, 0, 0)


def test_rest_is_the_mean_and_so_a_slow_rise_is_a_reaction() -> None:
    assert counts([*AT_REST, *(step / 10 for step in range(1, 12))])[0] == 1


def test_a_face_lost_for_a_second_goes_on_and_for_longer_ends_it() -> None:
    assert counts([*AT_REST, 1.0, None, None, None, 1.0]) == (1, 0, 0)
    assert counts([*AT_REST, 1.0, None, None, None, None, 1.0])[1:] == (1, 0)


def test_after_an_absence_rest_is_still_known() -> None:
    assert counts([*AT_REST, 1.0, *[None] * 8, 0.0, 1.0]) == (2, 1, 0)


def test_after_a_minute_it_is_a_new_level_at_rest() -> None:
    frames = round(LONGEST_S / EVERY_S)
    for lively in (1.0, 2.0):
        assert counts([*AT_REST, *[lively] * (frames + 1)]) == (1, 0, 0), "a minute, and not longer"
        assert counts([*AT_REST, *[lively] * (frames + 40)]) == (1, 1, 0)


def test_a_face_lost_for_a_second_when_a_minute_has_passed_has_a_new_rest_too() -> None:
    held = round(LONGEST_S / EVERY_S) - 2
    assert counts([*AT_REST, *[1.0] * held, None, None, None, *[1.0] * 8]) == (1, 1, 0)
