"""Sources without hardware: generated files, a stream from a local server, fake cameras."""

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.sources.base import FrameSource
from edge.sources.live.camera import Camera
from edge.sources.live.picamera import PiCamera
from edge.sources.live.stream import Stream
from edge.sources.recorded.demo import DemoSource
from edge.sources.recorded.folder import Pictures
from edge.sources.recorded.video import VideoFile

from .stream_server import StreamServer


def scene(index: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A BGR picture that differs from frame to frame: blue on the left, red on the right, a grey mark that moves."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 250
    picture[:, width // 2 :, 2] = 250
    picture[-16:, (8 * index) % width :][:, :8] = 128
    return picture


def write_video(path: Path, frames: int = 10, frames_per_s: float = 20, code: str = "mp4v") -> Path:
    """A video of `scene`s."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), frames_per_s, (64, 48))
    for index in range(frames):
        writer.write(scene(index))
    writer.release()
    return path


class FakeCapture:
    """A fake of cv2.VideoCapture on a camera: a picture every few milliseconds by default."""

    opens = True
    delivers = True
    frozen = False
    hangs: threading.Event | None = None  # where set, reading waits for it
    forced: Mapping[int, float] = MappingProxyType({})  # properties that it takes at these values only
    opened = 0
    released = 0
    reads = 0

    def __init__(self, device: str, backend: int) -> None:
        assert backend == cv2.CAP_V4L2
        assert os.path.exists(device)
        type(self).opened += 1
        self._index = 0
        self._mode: dict[int, float] = {}

    def set(self, name: int, value: float) -> bool:
        self._mode[name] = self.forced.get(name, value)
        return True

    def get(self, name: int) -> float:
        return self._mode.get(name, 0.0)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opens

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        time.sleep(0.005)
        if self.hangs is not None:
            self.hangs.wait()
        type(self).reads += 1
        self._index += 0 if self.frozen else 1
        return (True, scene(self._index)) if self.delivers else (False, None)

    def release(self) -> None:
        type(self).released += 1


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    """The fake capture, which every Camera opens in this test."""
    fake = type("Fake", (FakeCapture,), {})
    monkeypatch.setattr("edge.sources.live.camera.cv2.VideoCapture", fake)
    return fake


@pytest.fixture
def device(tmp_path: Path, capture: type[FakeCapture]) -> Path:
    """A file in place of /dev/video0."""
    path = tmp_path / "video0"
    path.touch()
    return path


class FakePicamera2:
    """A fake of picamera2.Picamera2."""

    cameras = 1
    running = 0
    forced_size: tuple[int, int] | None = None  # the only size that it takes

    @classmethod
    def global_camera_info(cls) -> list[dict[str, str]]:
        return [{"Model": "imx708"}] * cls.cameras

    def __init__(self, number: int) -> None:
        self._index = 0

    def create_video_configuration(self, main: dict[str, object]) -> dict[str, object]:
        return main

    def configure(self, main: dict[str, object]) -> None:
        self._main = main
        self._rgb_in_memory = main["format"] == "BGR888"  # as in Picamera2: names are the reverse of the bytes

    def camera_configuration(self) -> dict[str, dict[str, object]]:
        return {"main": {**self._main, "size": self.forced_size or self._main["size"]}}

    def start(self) -> None:
        type(self).running += 1

    def capture_array(self, name: str) -> NDArray[np.uint8]:
        time.sleep(0.005)
        self._index += 1
        picture = scene(self._index)
        return picture[..., ::-1] if self._rgb_in_memory else picture

    def stop(self) -> None:
        type(self).running -= 1

    def close(self) -> None:
        pass


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    """The fake library, which every PiCamera imports in this test."""
    fake = type("Fake", (FakePicamera2,), {})
    module = ModuleType("picamera2")
    monkeypatch.setattr(module, "Picamera2", fake, raising=False)
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return fake


@pytest.fixture
def server() -> Iterator[StreamServer]:
    """An MJPEG stream on this machine."""
    with StreamServer([cv2.imencode(".jpg", scene(index))[1].tobytes() for index in range(8)]) as running:
        yield running


@pytest.fixture(params=["video", "folder", "demo", "stream", "camera", "pi camera"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> FrameSource:
    """Every kind of source, one after the other."""
    match request.param:
        case "video":
            return VideoFile(write_video(tmp_path / "clip.mp4"))
        case "folder":
            for index in range(5):
                cv2.imwrite(str(tmp_path / f"{index}.png"), scene(index))
            return Pictures(tmp_path)
        case "demo":
            return DemoSource(realtime=False)
        case "stream":
            return Stream(request.getfixturevalue("server").url)
        case "camera":
            return Camera(request.getfixturevalue("device"))
        case _:
            request.getfixturevalue("picamera2")
            return PiCamera()


def held() -> tuple[int, int]:
    """How many threads and file handles this process holds."""
    gc.collect()
    return threading.active_count(), len(os.listdir("/proc/self/fd"))
