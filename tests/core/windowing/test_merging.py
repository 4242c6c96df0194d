"""Merging the summaries of a session's windows gives the figures of the session's own summary."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.gaps import Gap
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary, as_json
from edge.core.windowing.merging import merge
from edge.core.windowing.windows import Windows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Event = Callable[[Windows, float], list[Summary]]  # takes the tick in seconds, and returns the windows that it closes


def date(tick_s: float) -> datetime:
    return NOON + timedelta(seconds=tick_s)


def frame(score: float | None, emotion: str, others: int, dropped: int) -> Event:
    reading = None
    if score is not None:
        level = level_of(score)
        levels = tuple(0.6 if each is level else 0.2 for each in LEVELS)
        reading = Reading(tuple(float(each == emotion) for each in EMOTIONS), levels, score, emotion, level, 0.6)
    reason = None if reading else Unreadable.NO_FACE
    return lambda windows, tick_s: windows.add(
        Observation(tick_s, date(tick_s), None, others, reading, reason, dropped)
    )


def bound(rate_fps: float | None) -> Event:
    def act(windows: Windows, tick_s: float) -> list[Summary]:
        closed = windows.advance(tick_s)
        windows.bound(rate_fps)
        return closed

    return act


def away(gap: Gap) -> Event:
    return lambda windows, tick_s: windows.absent(tick_s, date(tick_s), gap)


def asleep(time_s: float) -> Event:
    def act(windows: Windows, tick_s: float) -> list[Summary]:
        closed = windows.advance(tick_s)
        windows.slept(time_s)
        return closed

    return act


frames = st.builds(frame, st.none() | st.floats(-3, 3), st.sampled_from(EMOTIONS), st.integers(0, 3), st.integers(0, 5))
others = st.one_of(
    st.builds(bound, st.none() | st.floats(0.5, 60)),
    st.builds(away, st.sampled_from([Gap.CAMERA_LOST, Gap.CAMERA_BUSY])),
    st.builds(asleep, st.floats(0, 0.03)),  # 1 s in all would move the dates, which are not merged
)
passed_s = st.one_of(st.floats(0, 0.3), st.floats(0, 30))
sessions = st.lists(st.tuples(passed_s, frames | others), min_size=1, max_size=30)


def summed(session: list[tuple[float, Event]], window_s: float) -> tuple[list[Summary], Summary]:
    """A session that begins with a frame: its windows, and its own summary."""
    windows, tick_s = Windows("s", window_s), 1000.0
    closed = frame(0.0, "happy", 0, 0)(windows, tick_s)
    for passed, act in session:
        tick_s += passed
        closed += act(windows, tick_s)
    *rest, whole = windows.finish(tick_s + 0.5)
    return [*closed, *rest], whole


def assert_alike(one: Summary, other: Summary) -> None:
    for name, value in as_json(one).items():
        exact = value is None or isinstance(value, str)
        assert as_json(other)[name] == (value if exact else pytest.approx(value, rel=1e-5, abs=2e-6)), name


@settings(max_examples=60)
@given(sessions, st.floats(0.3, 20))
def test_merged_windows_are_the_session(session: list[tuple[float, Event]], window_s: float) -> None:
    windows, whole = summed(session, window_s)
    assert_alike(merge(windows), whole)


def limited(rate_fps: float, from_s: float) -> tuple[list[Summary], Summary]:
    """19.9 s in windows of 10 s; from some second on at most `rate_fps` frames a second are read."""
    steps = [(0.1, bound(rate_fps) if tick == from_s * 10 else frame(0.0, "happy", 0, 0)) for tick in range(1, 195)]
    return summed(steps, 10)


def test_a_rate_counts_for_the_time_in_which_it_was_in_force() -> None:
    windows, whole = limited(5.0, 9.0)
    assert [window.rate_fps for window in windows] == [5.0, 5.0]
    assert [window.limited_s for window in windows] == pytest.approx([1, 9.9])
    assert (whole.rate_fps, whole.limited_s) == pytest.approx((5, 10.9))
    slow, fast = windows[0], replace(windows[1], rate_fps=20.0)
    assert merge([slow, fast]).rate_fps == pytest.approx((5 * 1 + 20 * 9.9) / 10.9)


def test_where_an_earlier_version_did_not_say_how_long_it_was_all_the_time() -> None:
    windows, _ = limited(5.0, 9.0)
    slow, fast = (replace(window, limited_s=None) for window in windows)
    assert merge([slow, replace(fast, rate_fps=20.0)]).rate_fps == pytest.approx((5 * 10 + 20 * 9.9) / 19.9)


def test_a_limit_that_never_took_time_is_none() -> None:
    windows = Windows("s", 10)
    for act in (frame(0.0, "happy", 0, 0), frame(0.0, "happy", 0, 0)):
        act(windows, 1000.0)
    windows.advance(1003.0)
    windows.bound(5.0)
    window, whole = windows.finish()
    assert window.rate_fps is whole.rate_fps is merge([window]).rate_fps is None


def windows_of(*frames_of: Event) -> list[Summary]:
    windows = Windows("s", 1.0)
    made = [summary for tick, event in enumerate(frames_of) for summary in event(windows, tick / 10)]
    return [*made, *windows.finish()][:-1]


def test_the_windows_that_were_lost_are_added_up() -> None:
    made = windows_of(*[frame(0.5, "happy", 0, 0)] * 30)
    lost = [replace(window, summaries_lost=count) for window, count in zip(made, (2, 0, 3), strict=True)]
    assert merge(lost).summaries_lost == 5
    assert merge(made).summaries_lost == 0


def test_without_a_window_there_is_nothing_to_merge() -> None:
    with pytest.raises(ValueError, match="no window"):
        merge([])


def test_a_label_of_an_earlier_version_begins_at_nothing() -> None:
    (window,) = windows_of(*[frame(0.5, "happy", 0, 0)] * 5, *[frame(None, "happy", 0, 0)] * 5)
    reasons, emotions = dict(window.unreadable), dict(window.emotions or {})
    reasons["earlier"], emotions["calm"] = reasons.pop("no_face"), emotions.pop("happy")
    merged = merge([replace(window, unreadable=reasons, emotions=emotions)])
    assert merged.unreadable["earlier"] == pytest.approx(window.unreadable["no_face"])
    assert merged.emotions is not None
    assert merged.emotions["calm"] == pytest.approx(1)


@pytest.mark.parametrize("order", [1, -1])
def test_where_one_window_has_no_emotions_the_session_has_none(order: int) -> None:
    first, second = windows_of(*[frame(0.5, "happy", 0, 0)] * 20)
    assert merge([first, replace(second, emotions=None)][::order]).emotions is None
