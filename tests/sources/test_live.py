"""Live sources: the newest frame, and what happens when a device hangs, goes away or was never there."""

import os
import subprocess
import sys
import threading
import time
from itertools import islice, pairwise
from pathlib import Path
from threading import Event, Timer

import cv2
import numpy as np
import pytest

from edge.core.errors import DeviceUnavailable, SourceNotFound
from edge.core.gaps import Gap
from edge.run.events import FrameRead, SessionEnding, SessionEvent
from edge.run.session import Session, run_session
from edge.sources.lease import Lease
from edge.sources.live import camera
from edge.sources.live.camera import Camera
from edge.sources.live.frozen import FrozenPicture, Look
from edge.sources.live.picamera import PiCamera
from edge.sources.live.stream import Stream
from tests.fakes import observe
from tests.timing import eventually, within

from .conftest import FakeCapture, FakePicamera2, held, scene
from .stream_server import StreamServer


def test_the_newest_frame_wins(device: Path, capture: type[FakeCapture]) -> None:
    with Camera(device).open(Event()) as frames:
        first = next(frames)
        time.sleep(0.3)
        newest = next(frames)
        waited_s = time.monotonic() - newest.tick_s
        quick = list(islice(frames, 5))
    assert newest.dropped_before > 10, "one about every 5 ms"
    assert waited_s < within(0.1)
    assert sum(frame.dropped_before + 1 for frame in (first, newest, *quick)) <= capture.reads, "each counts once"


def test_a_hanging_camera_is_given_up(device: Path, capture: type[FakeCapture]) -> None:
    with Camera(device, stall_s=0.3).open(Event()) as frames:
        next(frames)
        capture.hangs = Event()
        began_s = time.monotonic()
        with pytest.raises(DeviceUnavailable, match=r"has delivered no picture for 0\.3 s"):
            list(frames)
        assert time.monotonic() - began_s < within(1)
    assert capture.released == 0, "the camera has it still"
    assert time.monotonic() - began_s < within(2.5), "closing does not hang"
    capture.hangs.set()
    assert eventually(lambda: capture.released == 1), "given back by the thread once it returned"


def test_stop_ends_a_hanging_camera(device: Path, capture: type[FakeCapture]) -> None:
    capture.hangs, stop = Event(), Event()
    Timer(0.1, stop.set).start()
    began_s = time.monotonic()
    with Camera(device).open(stop) as frames:
        assert list(frames) == []
    assert time.monotonic() - began_s < within(2)
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


def test_a_frozen_picture_is_noticed(device: Path, capture: type[FakeCapture]) -> None:
    with Camera(device).open(Event(), Lease(FrozenPicture(after_s=0.2))) as frames:
        time.sleep(0.3)
        next(frames)
        capture.frozen = True
        with pytest.raises(DeviceUnavailable, match="repeats one picture"):
            list(frames)


def test_a_covered_lens_is_not_frozen() -> None:
    watch, black = FrozenPicture(), np.zeros_like(scene(0))
    assert {watch.look(black, tick_s) for tick_s in range(10)} == {Look.NEW}
    assert [watch.look(scene(0), tick_s) for tick_s in (10, 11, 12)] == [Look.NEW, Look.REPEATED, Look.FROZEN]
    assert watch.look(scene(1), 13) is Look.NEW


def test_a_camera_others_may_use(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("edge.sources.live.camera.os.open", forbidden)
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


def test_picamera2_for_another_numpy_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "picamera2.py").write_text("raise ValueError('numpy.dtype size changed')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeviceUnavailable, match=r"another numpy.*extra pi"), PiCamera().open(Event()):
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
        assert time.monotonic() - began_s < within(1.5)
    server.stop()
    assert eventually(lambda: threading.active_count() < threads), "the server's thread and ours are over"


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


def test_a_driver_that_hangs_is_not_opened_again_before_it_returned(device: Path, capture: type[FakeCapture]) -> None:
    source, lease, threads = Camera(device, stall_s=0.2), Lease(), threading.active_count()
    hangs = Event()
    assert lease.released
    with pytest.raises(DeviceUnavailable) as caught, source.open(Event(), lease) as frames:
        next(frames)
        capture.hangs = hangs
        list(frames)
    assert (lease.released, caught.value.gap) == (False, Gap.CAMERA_STALLED)
    for _ in range(5):
        with pytest.raises(DeviceUnavailable, match="hangs in its driver"), source.open(Event(), lease):
            pass
        assert not lease.released
    assert capture.opened == 1
    assert threading.active_count() == threads + 1, "no threads pile up"
    hangs.set()
    assert eventually(lambda: lease.released), "it has returned, and may be waited for"
    capture.hangs = None
    with source.open(Event(), lease) as frames:
        assert next(frames).rgb.any()


def test_a_camera_that_falls_silent_is_reported_within_three_seconds(device: Path, capture: type[FakeCapture]) -> None:
    with pytest.raises(DeviceUnavailable), Camera(device).open(Event()) as frames:
        next(frames)
        hangs, began_s = Event(), time.monotonic()
        capture.hangs = hangs
        list(frames)
    assert time.monotonic() - began_s < within(3)
    hangs.set()


def test_a_camera_may_say_at_first_that_it_has_no_picture(device: Path, capture: type[FakeCapture]) -> None:
    capture.delivers = False
    Timer(0.3, lambda: setattr(capture, "delivers", True)).start()
    with Camera(device).open(Event()) as frames:
        assert next(frames).rgb.any()


def test_a_picture_is_believed_and_not_the_flag(device: Path, capture: type[FakeCapture]) -> None:
    empty = np.zeros((0, 0, 3), np.uint8)
    for nothing in (None, empty):
        with Camera(device).open(Event()) as frames:
            next(frames)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(capture, "read", lambda _, said=nothing: (True, said))
                with pytest.raises(DeviceUnavailable, match="delivers no pictures"):
                    list(frames)


def test_a_repeated_picture_is_no_news_and_stays_frozen_when_the_camera_is_opened_again(
    device: Path, capture: type[FakeCapture]
) -> None:
    source, lease = Camera(device), Lease(FrozenPicture(0.4))
    with source.open(Event(), lease) as frames:
        next(frames)
        capture.frozen = True
        with pytest.raises(DeviceUnavailable, match="repeats one picture") as caught:
            assert len(list(frames)) <= 2, "what was seen before is not seen again"
    assert caught.value.gap is Gap.CAMERA_FROZEN
    with source.open(Event(), lease) as frames, pytest.raises(DeviceUnavailable, match="repeats one picture"):
        assert len(list(frames)) <= 1
    capture.frozen = False
    with source.open(Event(), lease) as frames:
        assert len(list(islice(frames, 3))) == 3


@pytest.mark.parametrize("shape", [(96, 128, 3), (24, 32), (48, 64, 4)])
def test_a_camera_that_changes_its_size_or_format_is_converted(
    device: Path, capture: type[FakeCapture], shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Camera(device).open(Event()) as frames:
        assert next(frames).rgb.shape == (48, 64, 3)
        noise = np.random.default_rng(0)
        monkeypatch.setattr(capture, "read", lambda _: (True, noise.integers(0, 255, shape, np.uint8)))
        assert any(frame.rgb.shape == (*shape[:2], 3) for frame in islice(frames, 4))


def test_pixels_of_an_unknown_kind_are_named(
    device: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "read", lambda _: (True, np.zeros((48, 64, 2), np.uint8)))
    with (
        pytest.raises(DeviceUnavailable, match=r"video0 delivers pictures of an unknown kind: \(48, 64, 2\) uint8"),
        Camera(device).open(Event()) as frames,
    ):
        next(frames)


def test_why_a_camera_is_away(device: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch) -> None:
    def gap(source: Camera) -> Gap:
        with pytest.raises(DeviceUnavailable) as caught, source.open(Event()):
            pass
        return caught.value.gap

    assert gap(Camera(Path("/dev/video987"))) is Gap.CAMERA_LOST
    capture.opens = False
    with device.open("rb"):
        assert gap(Camera(device)) is Gap.CAMERA_BUSY

    def forbidden(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("edge.sources.live.camera.os.open", forbidden)
    assert gap(Camera(device)) is Gap.CAMERA_FORBIDDEN


def test_a_camera_knows_without_opening_it_whether_something_was_plugged_in(device: Path) -> None:
    source = Camera(device)
    there = source.plugged()
    assert there is not None
    assert source.plugged() == there
    device.unlink()
    assert source.plugged() is None
    device.touch()
    assert source.plugged() not in (None, there)


def test_opencv_waits_two_seconds_for_a_stalled_camera_as_set_before_it_is_loaded() -> None:
    ask = """if True:
        import os, sys
        class Watch:
            def find_spec(self, name, *_):
                if name == "cv2":
                    print(os.environ.get("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"))
        sys.meta_path.insert(0, Watch())
        import edge.sources.live.camera
    """
    given = {name: value for name, value in os.environ.items() if not name.startswith("OPENCV")}
    done = subprocess.run([sys.executable, "-c", ask], env=given, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "2"


@pytest.mark.parametrize(("format_", "known"), [(b"BGR3", True), (b"RGBP", False)])
def test_a_picture_in_one_row_is_a_picture_or_none(
    device: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch, format_: bytes, known: bool
) -> None:
    """As OpenCV hands out what a camera delivers as BGR, and what it cannot decode."""
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[1, 2] = 30, 20, 10
    properties = {cv2.CAP_PROP_FRAME_HEIGHT: 4, cv2.CAP_PROP_FRAME_WIDTH: 6}
    properties[cv2.CAP_PROP_FOURCC] = int.from_bytes(format_, "little")
    monkeypatch.setattr(capture, "read", lambda _: (True, picture.reshape(1, -1)))
    monkeypatch.setattr(capture, "get", lambda _, name: float(properties[name]), raising=False)
    with Camera(device).open(Event()) as frames:
        if known:
            rgb = next(frames).rgb
            assert rgb.shape == (4, 6, 3)
            assert rgb[1, 2].tolist() == [10, 20, 30]
        else:
            with pytest.raises(DeviceUnavailable, match="of an unknown kind"):
                next(frames)


def test_a_session_that_fails_has_released_its_camera_before_it_ends(device: Path, capture: type[FakeCapture]) -> None:
    lease, released = Lease(), []

    def fail(event: SessionEvent) -> None:
        if isinstance(event, FrameRead):
            raise RuntimeError("the consumer failed")
        if isinstance(event, SessionEnding):
            released.append(lease.released)

    session = Session("kim", Camera(device), observe, stop=Event(), lease=lease)
    with pytest.raises(RuntimeError, match="the consumer failed"):
        run_session(session, [fail])
    assert released == [True]
    assert capture.opened == capture.released == 1
