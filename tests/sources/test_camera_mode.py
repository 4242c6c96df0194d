"""Size, rate and format of a camera: set when it opens, and compared with what it gives."""

from pathlib import Path
from threading import Event

import cv2
import pytest

from edge.config import Config
from edge.core.choices.camera_mode import CameraFormat, CameraMode
from edge.core.errors import UsageError
from edge.run.assemble import chosen_source
from edge.sources.base import FrameSource
from edge.sources.live.camera import Camera

from .conftest import FakeCapture, FakePicamera2


def opened(source: FrameSource) -> None:
    with source.open(Event()) as frames:
        next(frames)


def test_a_camera_that_takes_its_mode_says_nothing(
    device: Path, capture: type[FakeCapture], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, float]] = []

    def noted(self: FakeCapture, which: int, value: float) -> bool:
        given.append((which, value))
        return FakeCapture.set(self, which, value)

    monkeypatch.setattr(capture, "set", noted)
    opened(Camera(device, CameraMode((1280, 720), 30, "MJPG")))
    assert caplog.messages == []
    assert given == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),  # first: sizes depend on it
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30),
    ]


def test_a_camera_that_gives_something_else_is_reported_and_read(
    device: Path, capture: type[FakeCapture], caplog: pytest.LogCaptureFixture
) -> None:
    capture.forced = {
        cv2.CAP_PROP_FRAME_WIDTH: 640,
        cv2.CAP_PROP_FRAME_HEIGHT: 480,
        cv2.CAP_PROP_FPS: 29.97,
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"YUYV"),
    }
    opened(Camera(device, CameraMode((1280, 720), 30, "MJPG")))
    assert caplog.messages == [f"{device} gives 640x480, YUYV and not 1280x720, MJPG, as was set."]
    caplog.clear()
    opened(Camera(device, CameraMode(fps=60)))
    assert caplog.messages == [f"{device} gives 29.97 frames/s and not 60 frames/s, as was set."]


def test_a_camera_without_settings_is_left_as_it_is(
    device: Path, capture: type[FakeCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "set", lambda *_: pytest.fail("was set"))
    opened(Camera(device))


def test_a_pi_camera_has_a_size(picamera2: type[FakePicamera2], caplog: pytest.LogCaptureFixture) -> None:
    opened(chosen_source(Config(camera="pi", camera_size="800x600")))
    assert caplog.messages == []
    picamera2.forced_size = (768, 600)
    opened(chosen_source(Config(camera="pi", camera_size="800x600")))
    assert caplog.messages == ["Pi camera 0 gives 768x600 and not 800x600, as was set."]


def test_a_pi_camera_has_neither_rate_nor_format() -> None:
    for setting in ({"camera_fps": 30}, {"camera_format": "MJPG"}):
        with pytest.raises(UsageError, match="only the size can be set"):
            chosen_source(Config.model_validate({"camera": "pi", **setting}))


def test_the_settings_reach_a_usb_camera() -> None:
    config = Config(camera="0", camera_size="1280x720", camera_fps=15, camera_format=CameraFormat.YUYV)
    assert chosen_source(config) == Camera(Path("/dev/video0"), CameraMode((1280, 720), 15, "YUYV"))


@pytest.mark.parametrize("size", ["1280", "1280x", "0x0", "1280X720", "axb"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="camera_size"):
        Config(camera="0", camera_size=size)
