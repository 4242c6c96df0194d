"""Memory, file handles and threads stay what they are, however many frames are read."""

import gc
import os
import threading
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import Config
from edge.core.face.detection import Detection
from edge.core.frames import Frame
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Observation, Reading
from edge.host.notify import Notifier
from edge.run.assemble import Models, new_observer
from edge.run.health import HealthFile, health_path
from edge.run.heartbeat import Heartbeat
from edge.run.observe import Observer
from edge.run.outputs.keeping import opened_keeping
from edge.sources.recorded.demo import DemoSource
from tests.fakes import Measured, compose, face, reading, record


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


def stub_observer() -> Observer:
    """Sees a face in most pictures, without a detector and a network."""
    calm = reading()

    def find(frame: Frame) -> tuple[Detection, ...]:
        return (face(250.0, 140.0),) if frame.rgb[5, 5, 0] % 7 else ()

    def read(crop: NDArray[np.uint8]) -> Reading:
        return calm

    return Observer(find, read, limits=QualityLimits(), smoother=Smoother(0.5, compose))


def growth(folder: Path, observer: Any, frames: int, settled: int) -> int:
    """Read so many frames of the demo, keeping everything as a service does: bytes grown after the first `settled`."""
    stop, before, count = Event(), held(), 0
    at: dict[str, int] = {}

    def show(frame: Frame, _: Observation) -> None:
        nonlocal count
        count += 1
        if count == settled:
            at["settled"] = resident_bytes()
            at["threads"], at["handles"] = held()
        elif count == frames:
            at["end"] = resident_bytes()
            assert held() == (at["threads"], at["handles"])
            stop.set()

    config = Config(source="demo:fast", journal=folder / "j.sqlite", window=10)
    with opened_keeping(config, "demo") as keeping:
        health = HealthFile(health_path(keeping.path), "demo")
        heartbeat = Heartbeat("demo", Notifier({}), health=health, troubles=lambda: str(keeping.health))
        record(
            keeping.session, DemoSource(realtime=False), observer, keeping, stop=stop, shows=[show], heartbeat=heartbeat
        )
    gc.collect()
    assert held() == before
    return at["end"] - at["settled"]


def test_three_thousand_frames_leave_nothing_behind(tmp_path: Path) -> None:
    assert growth(tmp_path, stub_observer(), 3000, 1000) < 4e6


@pytest.mark.soak
@pytest.mark.timeout(14_400)
def test_two_hundred_thousand_frames_grow_memory_by_less_than_4_mb(tmp_path: Path, measured: Measured) -> None:
    grown = growth(tmp_path, stub_observer(), 200_000, 10_000)
    measured("memory grown over 190,000 frames, after the first 10,000", grown / 1e6, 4, "MB")


@pytest.mark.soak
@pytest.mark.timeout(14_400)
def test_so_do_twenty_thousand_with_the_real_networks(tmp_path: Path, models: Models, measured: Measured) -> None:
    grown = growth(tmp_path, new_observer(Config(), models), 20_000, 10_000)
    measured("the same with the real networks, over 10,000 frames", grown / 1e6, 1, "MB")
