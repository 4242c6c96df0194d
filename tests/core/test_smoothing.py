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
    emotion = EMOTIONS[emotions.index(max(emotions))]
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
