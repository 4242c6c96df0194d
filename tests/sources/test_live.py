"""Live sources: the newest frame, and what happens when a device hangs, goes away or was never there."""

import os
import threading
import time
from itertools import islice, pairwise
from pathlib import Path
from threading import Event, Timer

import numpy as np
import pytest

from edge.core.errors import DeviceUnavailable, SourceNotFound
from edge.sources import camera
from edge.sources.camera import Camera
from edge.sources.frozen import FrozenPicture
from edge.sources.picamera import PiCamera
from edge.sources.stream import Stream

from .conftest import FakeCapture, FakePicamera2, held, scene
from .stream_server import StreamServer


def test_the_newest_frame_wins(device: Path) -> None:
    with Camera(device).open(Event()) as frames:
        first = next(frames)
        time.sleep(0.3)
        newest = next(frames)
        waited_s = time.monotonic() - newest.tick_s
        quick = list(islice(frames, 5))
    assert first.dropped_before < 10
    assert newest.dropped_before > 10, "one about every 5 ms"
    assert waited_s < 0.1
    assert all(frame.dropped_before <= 3 for frame in quick)


def test_a_hanging_camera_is_given_up(device: Path, capture: type[FakeCapture]) -> None:
    with Camera(device, stall_s=0.3).open(Event()) as frames:
        next(frames)
        capture.hangs = Event()
        began_s = time.monotonic()
        with pytest.raises(DeviceUnavailable, match=r"has delivered no picture for 0\.3 s"):
            list(frames)
        assert time.monotonic() - began_s < 1
    assert capture.released == 0, "the camera has it still"
    assert time.monotonic() - began_s < 2.5, "closing does not hang"
    capture.hangs.set()
    time.sleep(0.1)
    assert capture.released == 1, "given back by the thread once it returned"


def test_stop_ends_a_hanging_camera(device: Path, capture: type[FakeCapture]) -> None:
    capture.hangs, stop = Event(), Event()
    Timer(0.1, stop.set).start()
    began_s = time.monotonic()
    with Camera(device).open(stop) as frames:
        assert list(frames) == []
    assert time.monotonic() - began_s < 2
    capture.hangs.set()


def test_an_unplugged_camera_comes_back(device: Path, capture: type[FakeCapture]) -> None:
    source = Camera(device)
    with source.open(Event()) as frames:
        next(frames)
        capture.delivers = False
        with pytest.raises(DeviceUnavailable, match="delivers no pictures"):
            list(frames)
    device.unlink()
    with pytest.raises(DeviceUnavailable, match="does not exist"), source.open(Event()):
        pass
    device.touch()
    capture.delivers = True
    with source.open(Event()) as frames:
        assert next(frames).rgb.any()
    assert capture.opened == capture.released == 2


def test_a_frozen_picture_is_noticed(device: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "FrozenPicture", lambda: FrozenPicture(after_s=0.2))
    with Camera(device).open(Event()) as frames:
        time.sleep(0.3)
        next(frames)
        capture.frozen = True
        with pytest.raises(DeviceUnavailable, match="repeats one picture"):
            list(frames)


def test_a_covered_lens_is_not_frozen() -> None:
    watch, black = FrozenPicture(), np.zeros_like(scene(0))
    assert not any(watch.repeats(black, tick_s) for tick_s in range(10))
    assert [watch.repeats(scene(0), tick_s) for tick_s in (10, 11, 12)] == [False, False, True]
    assert not watch.repeats(scene(1), 13)


def test_a_camera_others_may_use(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("edge.sources.camera.os.open", forbidden)
    monkeypatch.setattr(camera, "_group", lambda _: "video")
    with (
        pytest.raises(DeviceUnavailable, match="opened only by the group video") as caught,
        Camera(device).open(Event()),
    ):
        pass
    assert "usermod -aG video" in caught.value.fix


def test_a_camera_in_use_names_who_uses_it(device: Path, capture: type[FakeCapture]) -> None:
    capture.opens = False
    with device.open("rb"), pytest.raises(DeviceUnavailable, match=rf"in use by .+ \(process {os.getpid()}\)"):
        Camera(device).open(Event()).__enter__()
    with pytest.raises(DeviceUnavailable, match="is no camera that delivers pictures"):
        Camera(device).open(Event()).__enter__()


def test_opened_a_hundred_times(device: Path, capture: type[FakeCapture]) -> None:
    before = held()
    for _ in range(100):
        with Camera(device).open(Event()) as frames:
            next(frames)
    assert capture.opened == capture.released == 100
    assert held() == before


def test_pi_camera_absent(picamera2: type[FakePicamera2]) -> None:
    picamera2.cameras = 0
    with pytest.raises(DeviceUnavailable, match="Pi camera 0 is not connected"), PiCamera().open(Event()):
        pass


def test_pi_camera_in_use(picamera2: type[FakePicamera2], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("Camera __init__ sequence did not complete.")

    monkeypatch.setattr(picamera2, "__init__", refuse)
    with pytest.raises(DeviceUnavailable, match="in use by another program"), PiCamera().open(Event()):
        pass


def test_pi_camera_is_given_back(picamera2: type[FakePicamera2]) -> None:
    with PiCamera().open(Event()) as frames:
        next(frames)
        assert picamera2.running == 1
    assert picamera2.running == 0


def test_without_picamera2_it_says_how_to_get_it() -> None:
    with pytest.raises(DeviceUnavailable, match=r"python3-picamera2.*--system-site-packages"), PiCamera().open(Event()):
        pass


def test_a_stream_that_drops_comes_back(server: StreamServer) -> None:
    source = Stream(server.url)
    with source.open(Event()) as frames:
        next(frames)
        server.stop()
        with pytest.raises(DeviceUnavailable, match="ended or fell silent"):
            list(frames)
    with pytest.raises(DeviceUnavailable, match="does not answer"), source.open(Event()):
        pass
    server.start()
    with source.open(Event()) as frames:
        seen = list(islice(frames, 3))
    assert all(before.tick_s < after.tick_s for before, after in pairwise(seen))


def test_a_stream_that_hangs_is_given_up(server: StreamServer) -> None:
    threads = threading.active_count()
    with Stream(server.url, stall_s=0.5).open(Event()) as frames:
        next(frames)
        server.hangs = True
        began_s = time.monotonic()
        with pytest.raises(DeviceUnavailable, match=r"no picture for|fell silent"):
            list(frames)
        assert time.monotonic() - began_s < 1.5
    server.stop()
    time.sleep(0.3)
    assert threading.active_count() < threads, "the server's thread and ours are over"


def test_a_stream_keeps_its_password_to_itself() -> None:
    source = Stream("rtsp://anna:secret@127.0.0.1:9/door?token=secret")
    assert source.name == "rtsp://127.0.0.1:9/door"
    assert "secret" not in repr(source)
    with pytest.raises(DeviceUnavailable) as caught, source.open(Event()):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["ftp://host/a", "http://", "http://[bad/", "file:///etc/passwd"])
def test_no_address_of_a_stream(address: str) -> None:
    with pytest.raises(SourceNotFound, match="is not one of a stream"):
        Stream(address)
