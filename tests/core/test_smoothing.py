from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.labels import EMOTIONS, LEVELS, Level, level_of
from edge.core.observing.score import ScoreScale, Slopes
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Reading

SCALE = ScoreScale((-1.0, 1.0), (-1.0, 1.0), Slopes(2.0, 2.0, 2.0, 2.0))


def compose(emotions, score):
    level, levels = level_of(score), SCALE.levels(score)
    emotion = EMOTIONS[emotions.index(max(emotions))]
    return Reading(emotions, levels, score, emotion, level, levels[LEVELS.index(level)])


def reading(score=0.0, emotion="neutral"):
    return compose(tuple(0.4 if each == emotion else 0.1 for each in EMOTIONS), score)


readings = st.builds(reading, st.floats(-3, 3), st.sampled_from(EMOTIONS))


def test_without_a_time_constant_nothing_is_smoothed():
    smoother = Smoother(0, compose)
    smoother.update(reading(0), 0)
    assert smoother.update(reading(2), 0.01) == reading(2)


def test_after_one_time_constant_a_step_is_63_percent_done():
    smoother = Smoother(0.5, compose)
    smoother.update(reading(0), 10)
    assert smoother.update(reading(1), 10.5).score == pytest.approx(1 - exp(-1))


@given(st.integers(1, 60), st.floats(0.05, 5))
def test_a_step_is_as_far_after_a_second_at_every_frame_rate(frames, time_constant_s):
    smoother = Smoother(time_constant_s, compose)
    smoother.update(reading(0), 0)
    for number in range(1, frames + 1):
        last = smoother.update(reading(1, "happy"), number / frames)
    assert last.score == pytest.approx(1 - exp(-1 / time_constant_s))


@given(st.lists(st.tuples(readings, st.floats(-1, 3)), min_size=1, max_size=20), st.floats(0, 3))
def test_labels_follow_from_the_smoothed_figures(steps, time_constant_s):
    smoother, tick_s = Smoother(time_constant_s, compose), 0.0
    for new, passed_s in steps:
        tick_s += passed_s
        smoothed = smoother.update(new, tick_s)
        assert smoothed.emotions is not None
        assert sum(smoothed.emotions) == pytest.approx(1)
        assert sum(smoothed.levels) == pytest.approx(1)
        assert smoothed.emotions[EMOTIONS.index(smoothed.emotion)] == max(smoothed.emotions)
        assert smoothed.level is level_of(smoothed.score)
        assert smoothed.confidence == smoothed.levels[LEVELS.index(smoothed.level)] == max(smoothed.levels)


def test_one_odd_frame_does_not_change_the_level():
    smoother = Smoother(0.5, compose)
    for number in range(30):
        smoother.update(reading(0), number / 30)
    assert smoother.update(reading(2.5), 1.0).level is Level.BALANCED


def test_after_a_reset_nothing_is_left():
    smoother = Smoother(5, compose)
    smoother.update(reading(3), 100)
    smoother.reset()
    assert smoother.update(reading(-1), 0) == reading(-1)


def test_a_long_gap_forgets():
    smoother = Smoother(0.5, compose)
    smoother.update(reading(3), 0)
    assert smoother.update(reading(-1), 5).score == pytest.approx(-1, abs=1e-3)


def test_a_frame_out_of_order_takes_no_time_and_does_not_turn_the_clock_back():
    smoother = Smoother(0.5, compose)
    smoother.update(reading(0), 10)
    assert smoother.update(reading(1), 9).score == pytest.approx(0)
    assert smoother.update(reading(1), 10.5).score == pytest.approx(1 - exp(-1))


def test_after_a_reset_time_may_begin_anew():
    smoother = Smoother(0.5, compose)
    smoother.update(reading(0), 100)
    smoother.reset()
    smoother.update(reading(0), 0)
    assert smoother.update(reading(1), 0.5).score == pytest.approx(1 - exp(-1))
