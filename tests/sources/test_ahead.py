"""Frames that a thread reads ahead are the same, in order, and it ends with the block."""

import threading
from collections.abc import Generator
from pathlib import Path
from threading import Event

import pytest

from edge.core.errors import SourceNotFound
from edge.core.frames import Frame
from edge.run.capture import capture
from edge.sources.recorded.ahead import read_ahead
from edge.sources.recorded.video import VideoFile
from tests.fakes import frame

from .conftest import write_video


def decoding() -> bool:
    return any(thread.name == "decoding" for thread in threading.enumerate())


def frames(count: int, error: Exception | None = None, closed: list[int] | None = None) -> Generator[Frame]:
    try:
        for tick in range(count):
            yield frame(float(tick))
        if error is not None:
            raise error
    finally:
        if closed is not None:
            closed.append(1)


def test_all_frames_arrive_in_order_before_the_error() -> None:
    seen = []
    with (
        pytest.raises(SourceNotFound, match="damaged"),
        read_ahead(frames(20, SourceNotFound("It is damaged.", fix="")), Event()) as ahead,
    ):
        seen += [one.tick_s for one in ahead]
        seen += [-1.0]  # not reached
    assert not seen
    with (
        pytest.raises(SourceNotFound),
        read_ahead(frames(20, SourceNotFound("It is damaged.", fix="")), Event()) as ahead,
    ):
        for one in ahead:
            seen.append(one.tick_s)
    assert seen == list(range(20))
    assert not decoding()


def test_a_reader_that_stops_early_ends_the_thread_and_closes_the_frames() -> None:
    closed: list[int] = []
    with read_ahead(frames(1000, closed=closed), Event()) as ahead:
        assert next(ahead).tick_s == 0
    assert (closed, decoding()) == ([1], False)


@pytest.mark.parametrize(("max_fps", "start_s"), [(None, None), (7.0, None), (5.0, 0.5), (None, 0.72)])
def test_a_video_passes_over_the_frames_that_its_reader_would_pass_over(
    tmp_path: Path, max_fps: float | None, start_s: float | None
) -> None:
    path = write_video(tmp_path / "clip.avi", 50, 20, "MJPG")
    stop = Event()
    whole = capture(VideoFile(path), stop, max_fps=max_fps, start_s=start_s)
    sparse = capture(VideoFile(path, None, start_s or 0.0, max_fps), stop, max_fps=max_fps, start_s=start_s)
    expected, found = ([one for one in each if isinstance(one, Frame)] for each in (whole, sparse))
    assert [(one.tick_s, one.dropped_before) for one in found] == [(one.tick_s, one.dropped_before) for one in expected]
    assert all((one.rgb == other.rgb).all() for one, other in zip(found, expected, strict=True))
    assert len(found) < 50 or max_fps is start_s is None
