"""A camera that is unplugged and plugged in again: pictures within 5 s, each time, in one process and one session."""

import os
import threading
import time
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from edge.core.backoff import backoff
from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.sources.live.camera import Camera
from tests.fakes import Measured, Memory, observe, record
from tests.timing import eventually, within


class Unpluggable:
    """Stands for cv2.VideoCapture: a new picture every few milliseconds, while its device is there."""

    def __init__(self, device: str, backend: int) -> None:
        self._device, self._chance = device, np.random.default_rng(0)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return os.path.exists(self._device)

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.01)
        return os.path.exists(self._device), self._chance.integers(40, 200, (48, 64, 3), np.uint8)

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("times", "away_s", "waits"),
    [
        pytest.param(5, 0.1, partial(backoff, 0.02, 0.1), id="fast"),
        pytest.param(3, 1.2, backoff, id="as in a booth"),
        pytest.param(100, 1.2, backoff, id="a hundred times", marks=[pytest.mark.slow, pytest.mark.timeout(1200)]),
    ],
)
def test_it_is_back_within_five_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: Measured, times: int, away_s: float, waits: Any
) -> None:
    monkeypatch.setattr("edge.sources.live.camera.cv2.VideoCapture", Unpluggable)
    device, stop, memory = tmp_path / "video0", Event(), Memory()
    threads = threading.active_count()  # with those that earlier tests' libraries left
    device.touch()
    seen_at = [0.0]
    back: list[float] = []

    def show(frame: Frame, _: Observation) -> None:
        seen_at[0] = time.monotonic()

    def wait_for_pictures() -> float:
        began_s = time.monotonic()
        while seen_at[0] < began_s and time.monotonic() - began_s < within(20):
            time.sleep(0.005)
        return time.monotonic() - began_s

    def unplug_and_plug() -> None:
        wait_for_pictures()
        for _ in range(times):
            device.unlink()
            time.sleep(away_s)
            device.touch()
            back.append(wait_for_pictures())
        stop.set()

    hand = Thread(target=unplug_and_plug)
    hand.start()
    record("a", Camera(device), observe, memory, stop=stop, window_s=1, shows=[show], waits=waits)
    hand.join()
    assert len(back) == times
    assert max(back) < within(5), back
    if times >= 100:
        measured(f"camera back to frames, worst of {times} in one process", max(back), 5, "s")
    assert len(memory.began) == 1
    assert set(memory.session.gaps) <= {"camera_lost", "unexplained"}
    assert eventually(lambda: threading.active_count() <= threads)


def test_something_plugged_in_is_not_kept_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.sources.live.camera.cv2.VideoCapture", Unpluggable)
    device, stop, memory = tmp_path / "video0", Event(), Memory()
    came: list[float] = []

    def show(frame: Frame, _: Observation) -> None:
        came.append(time.monotonic())
        stop.set()

    timer = threading.Timer(0.3, device.touch)
    timer.start()
    began_s = time.monotonic()
    slow = partial(backoff, 60.0, 60.0)
    record("a", Camera(device), observe, memory, stop=stop, shows=[show], waits=slow, patient=True)
    assert came[0] - began_s < within(5), "the wait of a minute is cut short"
