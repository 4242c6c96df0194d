"""A session keeps its windows as they close, and its summary whatever ends it."""

import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Timer

import pytest

from edge.core.backoff import backoff
from edge.core.errors import CannotWrite, DeviceUnavailable, SourceNotFound
from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.core.summaries import Kind
from edge.run.capture import capture
from tests.fakes import BEGAN, Hands, LiveCamera, Memory, Recording, Scripted, observe, record
from tests.timing import within

GONE = DeviceUnavailable("Camera 7 was unplugged.", fix="Plug it in.")


def ticks(end_s: float, every_s: float = 0.1) -> list[float]:
    return [round(index * every_s, 6) for index in range(round(end_s / every_s))]


def test_windows_reach_the_keeper_as_they_close() -> None:
    memory = Memory()

    def show(frame: Frame, _: Observation) -> None:
        memory.events.append(f"frame at {frame.tick_s}")

    whole = record("a", Recording(ticks(2.5)), observe, memory, stop=Event(), window_s=1, shows=[show])
    events = memory.events
    assert events[:2] == ["begin", "frame at 0.0"]
    assert events.index("window 0") == events.index("frame at 1.0") - 1
    assert events.index("window 1") == events.index("frame at 2.0") - 1
    assert events[-3:] == ["frame at 2.4", "window 2", "session 3"]
    assert memory.began == [BEGAN]
    assert whole == memory.session
    assert whole is not None
    assert whole.levels is not None
    assert (whole.session, whole.frames_read, whole.levels["expressive"]) == ("a", 25, 1.0)
    assert whole.length_s == pytest.approx(2.5)


def test_every_show_sees_every_frame_and_what_was_observed() -> None:
    seen: list[tuple[float, float]] = []
    shows = [lambda frame, found: seen.append((frame.tick_s, found.tick_s))] * 2
    record("a", Recording(ticks(0.5)), observe, Memory(), stop=Event(), shows=shows)
    assert seen == [(tick, tick) for tick in ticks(0.5) for _ in range(2)]


def test_stopping_keeps_the_open_window_and_the_session() -> None:
    memory, stop = Memory(), Event()

    def show(frame: Frame, _: Observation) -> None:
        if frame.tick_s == 1.5:
            stop.set()

    source = Recording(ticks(1000))
    record("a", source, observe, memory, stop=stop, window_s=1, shows=[show])
    assert [window.frames_read for window in memory.windows] == [10, 6]
    assert memory.session.frames_read == 16
    assert source.closed == 1


@pytest.mark.parametrize("error", [SourceNotFound("clip.mp4 is damaged.", fix="Copy it again."), RuntimeError("a bug")])
def test_an_error_of_the_source_comes_after_the_summary(error: Exception) -> None:
    memory, source = Memory(), Recording(ticks(1.5), error)
    with pytest.raises(type(error), match=str(error)):
        record("a", source, observe, memory, stop=Event(), window_s=1)
    assert memory.session.frames_read == 15
    assert source.closed == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("a bug in a window")])
def test_an_error_of_a_show_comes_after_the_summary(error: BaseException) -> None:
    memory = Memory()

    def show(frame: Frame, _: Observation) -> None:
        if frame.tick_s == 1.2:
            raise error

    with pytest.raises(type(error)):
        record("a", Recording(ticks(9)), observe, memory, stop=Event(), window_s=1, shows=[show])
    assert memory.session.frames_read == 13


def test_a_frame_that_cannot_be_observed_leaves_what_was_before_it() -> None:
    memory = Memory()

    def fails(frame: Frame) -> Observation:
        if frame.tick_s == 0.7:
            raise RuntimeError("a bug in a network")
        return observe(frame)

    with pytest.raises(RuntimeError, match="a bug in a network"):
        record("a", Recording(ticks(2)), fails, memory, stop=Event(), window_s=1)
    assert memory.session.frames_read == 7


def test_a_window_that_cannot_be_kept_ends_the_run_and_takes_nothing_else_with_it() -> None:
    memory = Memory(refuses=lambda summary: summary.kind is Kind.WINDOW and summary.sequence == 1)
    with pytest.raises(CannotWrite, match="Window 1 does not fit"):
        record("a", Recording(ticks(9)), observe, memory, stop=Event(), window_s=1)
    assert [window.sequence for window in memory.windows] == [0, 2]
    assert memory.session.frames_read == 21


def test_a_last_window_that_cannot_be_kept_does_not_take_the_session_with_it() -> None:
    memory = Memory(refuses=lambda summary: summary.kind is Kind.WINDOW and summary.sequence == 1)
    with pytest.raises(CannotWrite, match="Window 1 does not fit"):
        record("a", Recording(ticks(1.5)), observe, memory, stop=Event(), window_s=1)
    assert [window.sequence for window in memory.windows] == [0]
    assert memory.session.frames_read == 15


def test_without_a_frame_there_is_no_session() -> None:
    memory = Memory()
    assert record("a", Recording([]), observe, memory, stop=Event()) is None
    assert memory.events == []


def test_a_run_that_was_stopped_before_it_began_opens_no_session() -> None:
    stop, memory = Event(), Memory()
    stop.set()
    assert record("a", LiveCamera([(5, None)]), observe, memory, stop=stop) is None
    assert memory.events == []


def test_a_recordings_duration_is_counted_in_media_time() -> None:
    memory = Memory()
    began = time.monotonic()
    record("a", Recording([7 + tick for tick in ticks(60)]), observe, memory, stop=Event(), duration_s=2)
    assert memory.session.frames_read == 20
    assert memory.session.length_s == pytest.approx(2)
    assert time.monotonic() - began < within(2)


def test_a_live_sources_duration_is_counted_on_the_clock() -> None:
    memory = Memory()
    began = time.monotonic()
    record("a", LiveCamera([(10_000, None)]), observe, memory, stop=Event(), duration_s=0.4)
    assert 0.35 < time.monotonic() - began < within(1.5)
    assert 1 <= memory.session.frames_read <= 20


def test_a_first_opening_that_fails_is_said_at_once() -> None:
    memory, camera = Memory(), LiveCamera([(0, GONE)])
    with pytest.raises(DeviceUnavailable, match="was unplugged"):
        record("a", camera, observe, memory, stop=Event())
    assert camera.opened == 1
    assert memory.events == []


class Silent(LiveCamera):
    """Opens, and then falls silent before its first frame."""

    def _frames(self, stop: Event, count: int, error: Exception | None) -> Iterator[Frame]:
        assert error is not None
        raise error
        yield  # pragma: no cover


def test_a_camera_that_opens_and_delivers_nothing_is_said_too() -> None:
    with pytest.raises(DeviceUnavailable, match="was unplugged"):
        record("a", Silent([(1, GONE)]), observe, Memory(), stop=Event())


def test_a_camera_that_comes_back_goes_on_with_the_same_session(caplog: pytest.LogCaptureFixture) -> None:
    memory, clock = Memory(), Hands()
    camera = Scripted(clock, [(10, GONE), (0, GONE), (10, None)], every_s=0.02)
    record("a", camera, observe, memory, stop=Event(), window_s=0.5, waits=backoff, clock=clock)
    assert len(memory.began) == 1
    whole = memory.session
    assert whole.frames_read == 20
    assert 3 < whole.length_s < 4  # away for one second and then for two
    away_s = whole.unreadable["no_frames"] * whole.length_s
    assert 2.9 < away_s < 3.1
    assert away_s == pytest.approx(whole.length_s * (1 - whole.readable_share))
    assert whole.gaps == {"camera_lost": pytest.approx(away_s)}
    assert memory.windows[4].gaps == {"camera_lost": pytest.approx(0.5)}
    assert memory.windows[4].unreadable["no_frames"] == 1
    assert (memory.windows[4].levels, memory.windows[4].score_mean) == (None, None)
    assert [window.sequence for window in memory.windows] == list(range(len(memory.windows)))
    assert [record.message for record in caplog.records] == [
        "Camera 7 was unplugged. Trying again in 1 s.",
        "Camera 7 was unplugged. Trying again in 2 s.",
        "Camera 7 delivers pictures after 3 s without.",
    ]


def test_time_without_pictures_counts_from_the_last_one(caplog: pytest.LogCaptureFixture) -> None:
    """A camera that repeats one picture fails after 5 s, and delivers again a second later."""
    clock = Hands()

    class Stuck(Scripted):
        def _frames(self, count: int, error: Exception | None, stop: Event) -> Iterator[Frame]:
            yield from super()._frames(count, None, Event())
            clock.move(5)
            if error is not None:
                raise error

    camera = Stuck(clock, [(10, GONE), (10, None)], every_s=0.02)
    record("a", camera, observe, Memory(), stop=Event(), waits=backoff, clock=clock)
    assert caplog.messages[-1] == "Camera 7 delivers pictures after 6 s without."


def test_windows_close_while_a_camera_is_away_and_a_stop_does_not_wait_for_it() -> None:
    memory, stop = Memory(), Event()
    camera = LiveCamera([(5, GONE), (0, GONE)])
    timer = Timer(1.6, stop.set)
    timer.start()
    began = time.monotonic()
    record("a", camera, observe, memory, stop=stop, window_s=0.25)
    assert time.monotonic() - began < within(2.2)
    assert memory.session.frames_read == 5
    assert memory.session.length_s == pytest.approx(1.6, abs=within(0.5))
    assert len(memory.windows) >= 5


@pytest.mark.parametrize(
    ("max_fps", "read"), [(20, ticks(1.2)), (10, ticks(1.2)), (5, ticks(1.2, 0.2)), (4, [0.0, 0.3, 0.5, 0.8, 1.0])]
)
def test_a_recording_is_sampled_in_its_own_time_without_waiting(max_fps: float, read: list[float]) -> None:
    clock = Hands()
    frames = list(capture(Recording(ticks(1.2)), Event(), max_fps=max_fps, clock=clock))
    assert [frame.tick_s for frame in frames if isinstance(frame, Frame)] == pytest.approx(read)
    assert sum(frame.dropped_before for frame in frames if isinstance(frame, Frame)) <= 12 - len(read)
    assert clock.tick_s() == Hands().tick_s()


def test_a_live_source_is_read_at_a_bounded_rate() -> None:
    camera = LiveCamera([(10_000, None)], every_s=0.002)
    read = list(capture(camera, Event(), max_fps=10, duration_s=0.55))
    assert 1 <= len(read) <= 7
    assert camera.closed == 1


def test_a_stop_does_not_wait_for_a_slow_rate() -> None:
    stop = Event()
    frames = capture(LiveCamera([(10_000, None)]), stop, max_fps=0.1)
    assert next(frames) is not None
    timer = Timer(0.1, stop.set)
    timer.start()
    began = time.monotonic()
    assert next(frames, None) is None
    assert time.monotonic() - began < within(1)


def test_leaving_early_gives_the_source_back() -> None:
    for max_fps in (None, 100.0):
        source = Recording(ticks(9))
        frames = capture(source, Event(), max_fps=max_fps)
        next(frames)
        frames.close()
        assert source.closed == 1


def test_a_suspended_machine_takes_no_time_from_a_recording_and_moves_none_of_its_dates() -> None:
    clock, memory = Hands(), Memory()

    def sleep(seen: Frame, _: Observation) -> None:
        clock.asleep += 7200 if seen.tick_s == 1.5 else 0

    whole = record("a", Recording(ticks(4)), observe, memory, stop=Event(), window_s=1, clock=clock, shows=[sleep])
    assert whole is not None
    assert (whole.gaps, [window.gaps for window in memory.windows]) == ({}, [{}] * 4)
    assert [window.started_at for window in memory.windows] == [
        BEGAN + timedelta(seconds=second) for second in range(4)
    ]
