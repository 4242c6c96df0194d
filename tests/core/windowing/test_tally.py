"""Tallies at their ends: without time, without readings, and with what earlier versions wrote."""

from dataclasses import replace

import pytest

from edge.core.labels import EMOTIONS, Level
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Kind, Summary
from edge.core.windowing.baseline import Baseline
from edge.core.windowing.merging import merge
from edge.core.windowing.tally import Tally
from edge.core.windowing.windows import Windows
from tests.fakes import BEGAN, reading

NEUTRAL = reading()


def seen(read: Reading | None, others: int = 0) -> Observation:
    return Observation(0.0, BEGAN, None, others, read, None if read else Unreadable.NO_FACE)


def summary(tally: Tally, baseline: Baseline | None = None) -> Summary:
    return tally.summary(Kind.WINDOW, "s", 0, BEGAN, tally.time_s, (0.0, tally.time_s), baseline)


def held(*stretches: tuple[Observation | None, float]) -> Tally:
    tally = Tally()
    for observation, time_s in stretches:
        tally.hold(observation, time_s)
    return tally


def test_a_session_without_time_is_without_frames() -> None:
    windows = Windows("s", 10.0, insights=True)
    windows.start(0.0, BEGAN)
    (session,) = windows.finish()
    assert (session.unreadable["no_frames"], sum(session.unreadable.values())) == (1.0, 1.0)
    assert (session.readable_share, session.others_share, session.insights) == (0.0, 0.0, {"mesh_s": 0.0})


def test_without_a_reading_there_are_no_figures_of_it() -> None:
    found = summary(held((seen(None), 2.0)), Baseline(0.5, None))
    assert found.score_mean is found.score_sd is found.confidence_mean is found.score_change is None
    assert found.levels is found.emotions is found.emotion_means is found.emotion_changes is None


def test_a_level_changes_only_where_that_is_said() -> None:
    tally = held((seen(NEUTRAL), 30.0))
    assert summary(tally).level_changes_per_minute == 0
    tally.hold(seen(NEUTRAL), 30.0, level_changed=True)
    assert summary(tally).level_changes_per_minute == 1


def test_a_share_with_others_is_never_above_one() -> None:
    tally = held((seen(NEUTRAL, 1), 0.1), (seen(None, 1), 0.1), (seen(NEUTRAL, 1), 0.4))
    assert summary(tally).others_share == 1.0


def test_one_reading_without_emotions_leaves_none_of_them() -> None:
    found = summary(held((seen(NEUTRAL), 2.0), (seen(replace(NEUTRAL, emotions=None, emotion=None)), 2.0)))
    assert found.emotions is found.emotion_means is None


def test_every_probability_needs_a_label() -> None:
    with pytest.raises(ValueError, match="zip"):
        held((seen(replace(NEUTRAL, labels=EMOTIONS[:-1])), 1.0))


def test_windows_without_emotions_have_none_whatever_is_read() -> None:
    windows = Windows("s", 10.0, emotions=False)
    windows.add(seen(NEUTRAL))
    assert {found.emotions is None for found in windows.finish()} == {True}


def test_a_session_that_ends_at_its_last_frame_lasts_as_if_no_end_were_given() -> None:
    for end_s in (None, 0.25):
        windows = Windows("s", 10.0)
        for tick_s in (0.0, 0.25):
            windows.add(replace(seen(NEUTRAL), tick_s=tick_s))
        assert windows.finish(end_s)[-1].length_s == 0.5


def test_what_an_earlier_version_did_not_measure_is_not_invented() -> None:
    window = summary(held((seen(NEUTRAL), 2.0)))
    assert merge([replace(window, emotion_means=None)]).emotion_means is None
    assert merge([replace(window, emotions={"happy": 0.0})]).emotions == {"happy": 0.0}


def test_no_confidence_at_all_is_a_confidence() -> None:
    tally = held((seen(reading(Level.BALANCED, confidence=0.0)), 2.0))
    assert merge([summary(tally)]).confidence_mean == 0
