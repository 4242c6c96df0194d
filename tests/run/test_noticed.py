"""A picture that stalls, freezes or turns black is reported within 3 s; one that is only dim raises no alarm."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.observing.no_signal import NoSignal
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.run.heartbeat import Heartbeat
from edge.run.observe import Observer
from edge.sources.live.camera import Camera
from edge.sources.live.frozen import FrozenPicture, Look
from tests.fakes import Manager, Measured, Memory, compose, reading, record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LIGHTS = (1.0, 0.35, 0.15, 0.05)


class Faulty:
    """Stands for cv2.VideoCapture: 30 new pictures a second, until `fault` says what goes wrong."""

    fault = ""
    over = Event()

    def __init__(self, device: str, backend: int) -> None:
        self._chance = np.random.default_rng(0)
        self._picture = self._new()

    def _new(self) -> NDArray[np.uint8]:
        return self._chance.integers(40, 200, (480, 640, 3), np.uint8)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        time.sleep(1 / 30)
        match Faulty.fault:
            case "stalls":
                Faulty.over.wait(30)
            case "is black":
                return True, self._chance.integers(0, 6, (480, 640, 3), np.uint8)
            case "is frozen":
                return True, self._picture
        self._picture = self._new()
        return True, self._picture

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("fault", "words"), [("stalls", "no picture for"), ("is black", "No signal"), ("is frozen", "repeats one picture")]
)
def test_a_fault_is_reported_within_three_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: Measured, fault: str, words: str
) -> None:
    monkeypatch.setattr("edge.sources.live.camera.cv2.VideoCapture", Faulty)
    monkeypatch.setattr(Faulty, "fault", "")
    monkeypatch.setattr(Faulty, "over", Event())
    device, stop, manager, noticed_s = tmp_path / "video0", Event(), Manager(), 0.0
    device.touch()
    observer = Observer(lambda _: (), lambda _: reading(), limits=QualityLimits(), smoother=Smoother(0.5, compose))
    heartbeat = Heartbeat("camera 7", manager)

    def break_it() -> None:
        nonlocal noticed_s
        time.sleep(3)
        Faulty.fault, began_s = fault, time.monotonic()
        while not any(words in line for line in manager.messages) and time.monotonic() - began_s < 20:
            time.sleep(0.01)
        noticed_s = time.monotonic() - began_s
        stop.set()
        Faulty.over.set()

    hand = Thread(target=break_it)
    hand.start()
    record("a", Camera(device), observer, Memory(), stop=stop, heartbeat=heartbeat, patient=True)
    hand.join()
    assert any(words in line for line in manager.messages), manager.messages
    measured(f"noticed that the picture {fault}", noticed_s, 3, "s")


def test_footage_that_is_only_dim_raises_no_alarm(clips: Path, measured: Measured) -> None:
    """A sensor with read noise of 2 and some shot noise, in less and less light."""
    frames = alarms = 0
    for name in ("face_noface.mov", "no_face.mp4", "single_face.mp4"):
        for light in LIGHTS:
            dark, frozen, chance = NoSignal(), FrozenPicture(), np.random.default_rng(1)
            for number, rgb in enumerate(frames_of(clips / name)):
                dim = rgb * np.float32(light)
                noise = chance.standard_normal(dim.shape, np.float32) * np.sqrt(4 + np.float32(0.1) * dim)
                picture, tick_s = np.clip(dim + noise, 0, 255).astype(np.uint8), number / 30
                frames += 1
                alarms += dark.lasts(picture, tick_s) or frozen.look(picture, tick_s) is Look.FROZEN
    assert frames > 1000
    measured(f"false alarms in {frames:,} dim but good pictures", 100 * alarms / frames, 1, "%")


def frames_of(path: Path) -> Iterator[NDArray[np.uint8]]:
    capture = cv2.VideoCapture(str(path))
    while (picture := capture.read()[1]) is not None:
        yield cast(Any, picture[..., ::-1])
