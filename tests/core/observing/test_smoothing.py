"""Readings over time: noise and blinks leave no trace, changes are followed at once, a level does not flicker."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.labels import EMOTIONS, EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW, Level, level_of
from edge.core.observing.score import ScoreScale, Slopes
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Reading

SCALE = ScoreScale((-1.0, 1.0), (-1.0, 1.0), Slopes(2.0, 2.0, 2.0, 2.0))
OVER_S = 0.4


def compose(emotions, score):
    level, levels = level_of(score), SCALE.levels(score)
    emotion = None if emotions is None else EMOTIONS[emotions.index(max(emotions))]
    return Reading(emotions, levels, score, emotion, level, levels[LEVELS.index(level)])


def reading(score=0.0, emotion="neutral"):
    return compose(tuple(0.4 if each == emotion else 0.1 for each in EMOTIONS), score)


readings = st.builds(reading, st.floats(-3, 3), st.sampled_from(EMOTIONS))


def smoothed(scores, fps=30.0):
    smoother = Smoother(OVER_S, compose)
    return [smoother.update(reading(score), number / fps) for number, score in enumerate(scores)]


def changes(levels):
    return sum(one is not other for one, other in pairwise(levels))


def test_without_time_nothing_is_smoothed_or_held():
    smoother = Smoother(0, compose)
    for score in (0, 2, RESERVED_BELOW - 0.01, 0):
        assert smoother.update(reading(score), 0.01) == reading(score)


@given(st.lists(st.tuples(readings, st.floats(-1, 3)), min_size=1, max_size=20), st.floats(0, 3))
def test_level_number_and_probabilities_always_agree(steps, over_s):
    smoother, tick_s = Smoother(over_s, compose), 0.0
    for new, passed_s in steps:
        tick_s += passed_s
        found = smoother.update(new, tick_s)
        assert found.emotions is not None
        assert sum(found.emotions) == pytest.approx(1)
        assert found.emotions[EMOTIONS.index(found.emotion)] == max(found.emotions)
        assert found.level is level_of(found.score)
        assert found.confidence == found.levels[LEVELS.index(found.level)] == max(found.levels)


@pytest.mark.parametrize("fps", [5, 10, 15, 30, 60])
@pytest.mark.parametrize("before", [-1.3, -0.6, 0.0, 0.6, 1.3])
@pytest.mark.parametrize("after", [-1.3, -0.6, 0.0, 0.6, 1.3])
def test_a_change_of_expression_is_read_within_0_4_s(fps, before, after):
    seen = smoothed([before] * 2 * fps + [after] * 2 * fps, fps)
    at = next(number for number, one in enumerate(seen[2 * fps :]) if one.level is level_of(after))
    assert at / fps <= 0.4
    assert changes([one.level for one in seen]) <= 1 + (abs(before - after) > 1), "at most through the middle"


@pytest.mark.parametrize("frames", [1, 2, 4, 5])
def test_a_blink_passes_unnoticed(frames):
    seen = smoothed([0.0] * 30 + [2.5] * frames + [0.0] * 30)
    assert {one.level for one in seen} == {Level.BALANCED}


@pytest.mark.parametrize("threshold", [RESERVED_BELOW, EXPRESSIVE_ABOVE])
@pytest.mark.parametrize("seed", range(12))
def test_a_steady_face_at_a_threshold_changes_its_level_at_most_twice_in_ten_seconds(threshold, seed):
    rng = np.random.default_rng(seed)
    drift = np.convolve(rng.normal(0, 1, 359), np.exp(-np.arange(60) / 20), "valid")
    scores = threshold + 0.04 * drift / drift.std() + rng.normal(0, 0.04, 300)
    assert changes([level_of(score) for score in scores]) > 10, "as it is read without smoothing"
    assert changes([one.level for one in smoothed(scores)]) <= 2


def test_a_score_that_stays_just_beyond_a_threshold_is_believed_after_three_seconds():
    seen = smoothed([0.0] * 30 + [EXPRESSIVE_ABOVE + 0.02] * 120)
    levels = [one.level for one in seen]
    assert changes(levels) == 1
    assert 3.0 < levels.index(Level.EXPRESSIVE) / 30 - 1 < 3.4
    assert seen[-1].score == pytest.approx(EXPRESSIVE_ABOVE + 0.02)


def test_after_a_reset_nothing_is_left():
    smoother = Smoother(5, compose)
    smoother.update(reading(3), 100)
    smoother.reset()
    assert smoother.update(reading(-1), 0) == reading(-1)


def test_a_long_gap_forgets():
    smoother = Smoother(OVER_S, compose)
    smoother.update(reading(0), 0)
    assert smoother.update(reading(EXPRESSIVE_ABOVE + 0.01), 5) == reading(EXPRESSIVE_ABOVE + 0.01)


def test_a_frame_out_of_order_does_not_turn_the_clock_back():
    smoother = Smoother(OVER_S, compose)
    smoother.update(reading(0), 10)
    assert smoother.update(reading(1), 9).score == pytest.approx(0.5), "both count as of one moment"
    assert smoother.update(reading(1), 10.5).score == pytest.approx(1)


@pytest.mark.parametrize("over_s", [0, -1])
def test_without_time_a_level_is_not_held(over_s):
    smoother = Smoother(over_s, compose)
    seen = [smoother.update(reading(score), tick) for tick, score in enumerate((0, RESERVED_BELOW - 0.01))]
    assert [one.level for one in seen] == [Level.BALANCED, Level.RESERVED]


@pytest.mark.parametrize(("gap_s", "level"), [(2.9, Level.BALANCED), (3.0, Level.EXPRESSIVE)])
def test_a_gap_of_three_seconds_forgets(gap_s, level):
    smoother = Smoother(OVER_S, compose)
    smoother.update(reading(0), 0)
    assert smoother.update(reading(EXPRESSIVE_ABOVE + 0.01), gap_s).level is level


@pytest.mark.parametrize("tick_s", [0.5, 1.0])
def test_a_reading_as_old_as_the_time_no_longer_counts(tick_s):
    smoother = Smoother(0.5, compose)
    smoother.update(reading(-0.25), 0)
    assert smoother.update(reading(0.25), tick_s).score == 0.25


def test_a_reading_alone_comes_back_as_it_is():
    alone = Reading((0.4, *(0.1,) * 6), (0.3, 0.5, 0.2), 0.1, EMOTIONS[0], Level.BALANCED, 0.5)
    assert Smoother(OVER_S, compose).update(alone, 0) == alone


def test_a_reading_alone_has_a_held_level_too():
    smoother = Smoother(OVER_S, compose)
    smoother.update(reading(0), 0)
    held = smoother.update(reading(EXPRESSIVE_ABOVE + 0.01), 1)
    assert held.level is Level.BALANCED
    assert held.score == pytest.approx(EXPRESSIVE_ABOVE - 0.001)


def test_emotions_are_the_mean_where_the_score_stays():
    smoother = Smoother(OVER_S, compose)
    smoother.update(reading(0, "happy"), 0)
    mean = smoother.update(reading(0, "sad"), 0.1).emotions
    assert mean == pytest.approx([0.25 if each in ("happy", "sad") else 0.1 for each in EMOTIONS])


def test_without_emotions_there_is_no_mean_of_them():
    smoother = Smoother(OVER_S, compose)
    smoother.update(compose(None, 0.0), 0)
    assert smoother.update(compose(None, 0.2), 0.1) == compose(None, 0.1)


def test_a_score_is_the_median():
    smoother = Smoother(5, compose)
    seen = [smoother.update(reading(score), tick).score for tick, score in enumerate((0.2, -0.2, 0.1, -0.1, 0.0))]
    assert seen == pytest.approx([0.2, 0.0, 0.1, 0.0, 0.0])


@pytest.mark.parametrize("edge", [RESERVED_BELOW - 0.15, EXPRESSIVE_ABOVE + 0.15])
def test_up_to_0_15_beyond_a_threshold_a_level_is_held(edge):
    for score, held in ((edge, True), (edge * 1.001, False)):
        smoother = Smoother(OVER_S, compose)
        smoother.update(reading(0), 0)
        assert (smoother.update(reading(score), 1).level is Level.BALANCED) is held


def test_it_is_held_for_less_than_three_seconds():
    smoother = Smoother(OVER_S, compose)
    seen = [(0, 0.0), *((EXPRESSIVE_ABOVE + 0.02, tick) for tick in (0.5, 2.0, 3.25, 3.5))]
    levels = [smoother.update(reading(score), tick_s).level for score, tick_s in seen]
    assert levels == [Level.BALANCED] * 4 + [Level.EXPRESSIVE]
