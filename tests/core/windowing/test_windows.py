import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.gaps import Gap
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Kind, as_json, from_json
from edge.core.windowing.merging import merge
from edge.core.windowing.windows import Windows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def seen(tick_s, score=None, *, emotion="happy", reason=Unreadable.NO_FACE, others=0, dropped=0, at=None):
    at = at or NOON + timedelta(seconds=tick_s if math.isfinite(tick_s) else 0)
    if score is None:
        return Observation(tick_s, at, None, others, None, reason, dropped)
    level = level_of(score)
    levels = tuple(0.6 if each is level else 0.2 for each in LEVELS)
    reading = Reading(tuple(float(each == emotion) for each in EMOTIONS), levels, score, emotion, level, 0.6)
    return Observation(tick_s, at, None, others, reading, None, dropped)


def summed(observations, window_s=10.0, end_s=None):
    windows = Windows("s", window_s)
    summaries = [summary for one in observations for summary in windows.add(one)]
    *rest, session = windows.finish(end_s)
    return [*summaries, *rest], session


def test_a_steady_face_fills_its_windows():
    windows, session = summed([seen(tick / 10, 1.0) for tick in range(250)])
    assert [window.length_s for window in windows] == [10, 10, pytest.approx(5)]
    assert [window.sequence for window in windows] == [0, 1, 2]
    assert [window.frames_read for window in windows] == [100, 100, 50]
    assert [window.started_at - NOON for window in windows] == [timedelta(seconds=s) for s in (0, 10, 20)]
    assert all(window.levels["expressive"] == window.readable_share == 1 for window in windows)
    assert (session.kind, session.sequence, session.length_s) == (Kind.SESSION, 3, pytest.approx(25))
    assert session.score_mean == pytest.approx(1)
    assert session.score_sd == pytest.approx(0)
    assert session.confidence_mean == pytest.approx(0.6)


def test_time_counts_and_not_frames():
    fast = [seen(tick / 100, 1.0) for tick in range(500)]  # 5 s in 500 frames
    slow = [seen(5 + tick / 2, -1.0) for tick in range(10)]  # 5 s in 10 frames
    (window,), session = summed([*fast, *slow], 10)
    assert window.levels == pytest.approx({"reserved": 0.5, "balanced": 0, "expressive": 0.5})
    assert window.score_mean == pytest.approx(0)
    assert window.score_sd == pytest.approx(1)
    assert session.level_changes_per_minute == pytest.approx(6)  # one in ten seconds


def test_a_gap_is_no_frames_after_one_second_and_closes_every_window_it_passes():
    windows, session = summed([seen(0, 1.0), seen(35, 1.0)], 10, 36)
    assert [window.readable_share for window in windows] == pytest.approx([0.1, 0, 0, 1 / 6])
    assert windows[1].unreadable["no_frames"] == 1
    assert windows[1].score_mean is windows[1].level_changes_per_minute is None
    assert (windows[1].levels, windows[1].emotions) == (None, None)
    assert [window.length_s for window in windows] == [10, 10, 10, 6]
    assert session.unreadable["no_frames"] == pytest.approx(34 / 36)


def test_reasons_are_kept_apart_and_counted_as_no_level():
    ticks = [seen(0.0, 0.0), seen(1.0), seen(2.0, reason=Unreadable.BLURRED), seen(3.0, 0.0)]
    (window,), _ = summed(ticks, 10, 4)
    assert window.readable_share == pytest.approx(0.5)
    assert window.unreadable["no_face"] == window.unreadable["blurred"] == pytest.approx(0.25)
    assert window.levels["balanced"] == 1


def test_level_changes_are_counted_over_unreadable_stretches_and_window_boundaries():
    ticks = [seen(0, -1.0), seen(0.5), seen(0.9, 1.0), seen(1.5, 1.0), seen(1.8, -1.0), seen(2.2, 0.0)]
    windows, session = summed(ticks, 1, 3)
    changes = [w.level_changes_per_minute * w.readable_share * w.length_s / 60 for w in windows]
    assert changes == pytest.approx([1, 1, 1])
    assert session.level_changes_per_minute == pytest.approx(3 * 60 / 2.6)


def test_other_people_and_dropped_frames():
    ticks = [seen(0, 0.0), seen(0.5, 0.0, others=3, dropped=4), seen(1.0, 0.0, dropped=1)]
    (window,), session = summed(ticks, 10, 2)
    assert (window.others_max, window.others_share) == (3, pytest.approx(0.25))
    assert (session.frames_read, session.frames_dropped) == (3, 5)


def dates(summaries):
    return [(summary.started_at - NOON).total_seconds() for summary in summaries]


def test_a_clock_that_is_put_right_moves_what_is_still_open_and_no_duration():
    years = timedelta(days=3653)
    before = [seen(tick, 0.0, at=NOON - years + timedelta(seconds=tick)) for tick in range(14)]
    after = [seen(tick, 0.0) for tick in range(14, 40)]
    windows, session = summed([*before, *after])
    assert dates(windows) == [-years.total_seconds(), 10, 20, 30]
    assert session.started_at == NOON
    assert [window.sequence for window in windows] == [0, 1, 2, 3]
    assert [window.length_s for window in windows] == [10, 10, 10, 10]
    assert session.length_s == 40
    assert session.levels["balanced"] == session.readable_share == 1
    assert [(window.started_tick_s, window.ended_tick_s) for window in windows[:2]] == [(0, 10), (10, 20)]


def test_a_clock_that_goes_back_ten_years_leaves_windows_in_order():
    years = timedelta(days=3653)
    back = [
        seen(tick, 0.0, at=NOON - (years if tick >= 15 else timedelta()) + timedelta(seconds=tick))
        for tick in range(40)
    ]
    windows, session = summed(back)
    assert [round(date + years.total_seconds() * (place > 0)) for place, date in enumerate(dates(windows))] == [
        0,
        10,
        20,
        30,
    ]
    assert [window.started_tick_s for window in windows] == [0, 10, 20, 30]
    assert [window.length_s for window in windows] == [10] * 4
    assert session.length_s == 40


def test_a_clock_that_is_set_while_a_camera_is_away_is_followed_too():
    windows = Windows("s", 10)
    windows.add(seen(0, 0.0, at=NOON - timedelta(days=20)))
    closed = windows.absent(12, NOON + timedelta(seconds=12), Gap.CAMERA_LOST)
    assert dates(closed) == [0]
    assert dates(windows.finish(15)) == [10, 0]


def test_a_clock_that_is_slewed_or_read_late_moves_nothing():
    jittered = [seen(tick, 0.0, at=NOON + timedelta(seconds=tick + 0.9 * (tick % 2))) for tick in range(30)]
    windows, session = summed(jittered)
    assert dates([*windows, session]) == [0, 10, 20, 0]


def test_reasons_for_no_frames_are_in_seconds():
    windows = Windows("s", 10)
    closed = windows.add(seen(0, 0.0))
    closed += windows.absent(4, NOON, Gap.CAMERA_LOST)  # noticed late: the gap began when the frame ceased to hold
    closed += windows.absent(12, NOON, Gap.CAMERA_LOST)
    closed += windows.absent(14, NOON, Gap.CAMERA_BUSY)
    closed += windows.add(seen(15, 0.0))
    closed += windows.add(seen(20, 0.0))
    *rest, session = windows.finish(21)
    gaps = [window.gaps for window in [*closed, *rest]]
    assert gaps[0] == pytest.approx({"camera_lost": 9})
    assert gaps[1] == pytest.approx({"camera_lost": 2, "camera_busy": 3, "unexplained": 4})
    assert gaps[2] == {}
    assert session.gaps == pytest.approx({"camera_lost": 11, "camera_busy": 3, "unexplained": 4})
    assert sum(session.gaps.values()) == pytest.approx(session.unreadable["no_frames"] * session.length_s)
    assert session.levels == {"reserved": 0, "balanced": 1, "expressive": 0}


def test_what_was_seen_last_does_not_hold_while_a_camera_is_known_to_be_away():
    windows = Windows("s", 10)
    windows.add(seen(0, 0.0))
    windows.absent(0.25, NOON, Gap.CAMERA_LOST)
    windows.add(seen(0.75, 0.0))
    *_, session = windows.finish(1)
    assert session.gaps == {"camera_lost": 0.5}
    assert session.readable_share == 0.5


def test_a_suspended_machine_is_a_gap_beside_the_length():
    windows = Windows("s", 10)
    windows.add(seen(0, 0.0))
    windows.slept(3600)
    morning = NOON + timedelta(hours=1)
    closed = [
        summary
        for tick in range(1, 21)
        for summary in windows.add(seen(tick, 0.0, at=morning + timedelta(seconds=tick)))
    ]
    *_, session = windows.finish(21)
    assert [window.length_s for window in closed] == [10, 10]
    assert closed[0].gaps == session.gaps == {"suspended": 3600}
    assert closed[1].gaps == {}
    assert dates([*closed, session]) == [0, 3610, 0], "it began before it slept"
    assert session.length_s == 21
    assert session.readable_share == 1


def test_the_rate_in_force_is_the_mean_over_time():
    windows = Windows("s", 10)
    windows.add(seen(0, 0.0))
    closed = windows.add(seen(10, 0.0))
    windows.bound(30.0)
    windows.advance(15)
    windows.bound(10.0)
    closed += windows.advance(20)
    *rest, session = windows.finish(22)
    assert [window.rate_fps for window in [*closed, *rest]] == [None, pytest.approx(20), pytest.approx(10)]
    assert session.rate_fps == pytest.approx((30 * 5 + 10 * 7) / 12)


def test_ticks_that_do_not_rise_take_no_time():
    _, session = summed([seen(5, 0.0), seen(5, 1.0), seen(3, 1.0), seen(6, -1.0), seen(math.nan, 0.0)], 10, 7)
    assert session.length_s == pytest.approx(2)
    assert session.frames_read == 5
    assert session.levels == pytest.approx({"reserved": 0, "balanced": 0.5, "expressive": 0.5})


def test_the_last_frame_holds_as_long_as_the_one_before_it():
    _, session = summed([seen(0, 0.0), seen(0.25, 0.0)])
    assert session.length_s == pytest.approx(0.5)


def test_one_picture_alone_is_a_session():
    (window,), session = summed([seen(0, 1.0)])
    assert window.length_s == session.length_s == 1
    assert session.readable_share == session.levels["expressive"] == 1


def test_a_session_that_never_began_has_no_summary():
    assert Windows("s", 10).finish() == []


def test_waiting_for_the_first_frame_is_measured():
    windows = Windows("s", 10)
    windows.start(100, NOON)
    assert len(windows.advance(125)) == 2
    windows.add(seen(128, 0.0))
    *_, last, session = windows.finish(129)
    assert last.unreadable["no_frames"] == pytest.approx(8 / 9)
    assert session.length_s == pytest.approx(29)
    assert session.unreadable["no_frames"] == pytest.approx(28 / 29)


def test_windows_must_have_a_length():
    for window_s in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="window_s"):
            Windows("s", window_s)


steps = st.lists(
    st.tuples(
        st.one_of(st.floats(0, 0.3), st.floats(-0.5, 30)),
        st.one_of(st.none(), st.floats(-3, 3)),
        st.sampled_from(EMOTIONS),
        st.sampled_from([Unreadable.NO_FACE, Unreadable.TOO_DARK, Unreadable.NOT_SURE]),
        st.integers(0, 3),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=30,
)


def walk(taken):
    tick_s = 1000.0
    for passed_s, score, emotion, reason, others, dropped in taken:
        tick_s += passed_s
        yield seen(
            tick_s,
            score,
            emotion=emotion,
            reason=reason,
            others=others,
            dropped=dropped,
            at=NOON + timedelta(seconds=tick_s - 1000),
        )


@settings(max_examples=60)
@given(steps, st.floats(0.3, 20))
def test_shares_and_lengths_add_up(taken, window_s):
    windows, session = summed(walk(taken), window_s)
    for summary in [*windows, session]:
        assert summary.readable_share + sum(summary.unreadable.values()) == pytest.approx(1)
        for shares in (summary.emotions, summary.levels):
            assert (shares is None) == (summary.readable_share == 0)
            assert sum((shares or {"": 1.0}).values()) == pytest.approx(1)
        assert 0 <= summary.others_share <= 1
        assert bool(summary.others_max) == bool(summary.others_share)
        assert (summary.score_mean is None) == (summary.readable_share == 0)
    assert [window.sequence for window in windows] == list(range(len(windows)))
    assert all(window.length_s == window_s for window in windows[:-1])
    assert 0 < windows[-1].length_s <= window_s
    assert sum(window.length_s for window in windows) == pytest.approx(session.length_s)
    assert sum(window.frames_read for window in windows) == session.frames_read == len(taken)
    for earlier, later in pairwise(windows):
        gap = later.started_at - earlier.started_at
        assert gap.total_seconds() == pytest.approx(window_s, abs=2e-6)


def alike(one, other):
    for name, value in as_json(one).items():
        exact = value is None or isinstance(value, str)
        assert as_json(other)[name] == (value if exact else pytest.approx(value, rel=1e-5, abs=2e-6)), name


@settings(max_examples=60)
@given(steps, st.floats(0.3, 20))
def test_the_windows_merged_are_the_session(taken, window_s):
    windows, session = summed(walk(taken), window_s)
    alike(merge(windows), session)


@settings(max_examples=40)
@given(steps, st.floats(0.3, 20), st.floats(0.3, 20))
def test_how_a_session_is_split_does_not_change_it(taken, one_s, other_s):
    _, one = summed(walk(taken), one_s)
    _, other = summed(walk(taken), other_s)
    alike(replace(one, sequence=0), replace(other, sequence=0))


def test_nothing_cannot_be_merged():
    with pytest.raises(ValueError, match="no window"):
        merge([])


@settings(max_examples=30)
@given(steps)
def test_json_and_back(taken):
    windows, session = summed(walk(taken))
    for summary in [*windows, session]:
        alike(from_json(as_json(summary)), summary)


def test_json_dates_are_utc():
    _, session = summed([seen(0, 0.0)])
    assert as_json(session)["started_at"] == "2026-03-01T12:00:00.000Z"


def test_json_never_holds_what_json_cannot_say():
    _, session = summed([seen(0, 0.0)])
    assert as_json(replace(session, score_mean=math.nan, score_sd=math.inf))["score_mean"] is None
