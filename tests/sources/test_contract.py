"""What every source keeps to."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from edge.core.errors import DeviceUnavailable, EdgeError, SourceNotFound
from edge.sources.base import FrameSource
from edge.sources.live.camera import Camera
from edge.sources.live.picamera import PiCamera
from edge.sources.live.stream import Stream
from edge.sources.recorded.folder import Pictures
from edge.sources.recorded.video import VideoFile
from tests.timing import eventually, within

from .conftest import held


def test_frames_are_rgb_and_time_passes(source: FrameSource) -> None:
    with source.open(Event()) as frames:
        seen = list(islice(frames, 5))
    assert len(seen) == 5
    for frame in seen:
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.ndim == 3
        assert frame.rgb.shape[2] == 3
        assert frame.rgb.flags.c_contiguous
        assert frame.rgb.flags.writeable
    assert all(before.tick_s < after.tick_s for before, after in pairwise(seen))
    dates = [frame.taken_at for frame in seen if frame.taken_at is not None]
    assert len(dates) == (5 if source.live else 0), "the date of reading is not that of a recording"
    assert all(date.tzinfo is UTC and abs(date - datetime.now(UTC)) < timedelta(seconds=20) for date in dates)
    assert dates == sorted(dates)
    assert not any(before.rgb is after.rgb for before, after in pairwise(seen))


def test_colours_are_in_their_order(source: FrameSource) -> None:
    if source.name == "demo":
        pytest.skip("the demo draws its own scene")
    with source.open(Event()) as frames:
        rgb = next(iter(frames)).rgb
    left, right = rgb[:24, 4:24].mean(axis=(0, 1)), rgb[:24, 40:60].mean(axis=(0, 1))
    assert left[2] > 180 > 90 > left[0], "blue on the left"
    assert right[0] > 180 > 90 > right[2], "red on the right"


def test_stop_ends_it(source: FrameSource) -> None:
    stop = Event()
    with source.open(stop) as frames:
        next(frames)
        Timer(0.1, stop.set).start()
        for _ in frames:
            time.sleep(0.001)
        assert stop.wait(240)
        began_s = time.monotonic()
        assert next(frames, None) is None
    assert time.monotonic() - began_s < within(0.5)


def test_stopped_before_it_was_opened(source: FrameSource) -> None:
    stop = Event()
    stop.set()
    with source.open(stop) as frames:
        assert list(frames) == []


def test_opens_again_and_keeps_nothing(source: FrameSource) -> None:
    def once() -> int:
        with source.open(Event()) as frames:
            return len(list(islice(frames, 3)))

    assert once() == 3
    time.sleep(0.05)
    threads, handles = held()
    assert [once() for _ in range(4)] == [3] * 4
    assert eventually(lambda: held()[0] <= threads)
    assert eventually(lambda: held()[1] <= handles)


def test_an_error_inside_still_closes_it(source: FrameSource) -> None:
    with pytest.raises(ZeroDivisionError), source.open(Event()) as frames:
        next(frames)
        raise ZeroDivisionError
    with source.open(Event()) as frames:
        assert next(frames).rgb.any()


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        (VideoFile(Path("no/such.mp4")), SourceNotFound),
        (Pictures(Path("no/such/folder")), SourceNotFound),
        (Stream("http://127.0.0.1:9/video"), DeviceUnavailable),
        (Camera(Path("/dev/video987")), DeviceUnavailable),
        (PiCamera(), DeviceUnavailable),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_missing_says_so(missing: FrameSource, kind: type[EdgeError], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(kind) as caught, missing.open(Event()):
        pass
    assert caught.value.happened.endswith(".")
    assert caught.value.fix.endswith(".")
    assert capfd.readouterr() == ("", ""), "only the command line prints"
