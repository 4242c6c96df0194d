"""Faces are detected ahead in a recording, and nothing of it is noticed but the time."""

from collections.abc import Callable
from pathlib import Path
from threading import Event, current_thread, main_thread

import numpy as np
import pytest
from numpy.typing import NDArray

from edge import program
from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.face.detection import Detection
from edge.core.frames import Frame
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Observation, Unreadable
from edge.run.observe import Observer
from tests.fakes import PICTURE, Memory, Recording, compose, face, no_networks, reading, record

TICKS = [index / 10 for index in range(30)]
DAMAGED = SourceNotFound("clip.mp4 is damaged.", fix="Copy it again.")


class Finds:
    """Finds a face whose place follows from all frames before; fails where it is to."""

    def __init__(self, fails_at_s: float | None = None) -> None:
        self.at_s: list[float] = []
        self.threads: set[str] = set()
        self._fails_at_s = fails_at_s

    def __call__(self, frame: Frame) -> tuple[Detection, ...]:
        self.at_s.append(frame.tick_s)
        self.threads.add(current_thread().name)
        if frame.tick_s == self._fails_at_s:
            raise RuntimeError("a bug in a detector")
        return (face(100.0 + len(self.at_s)),)


def observed(
    finds: Finds, source: Recording, *, ahead: bool, show: Callable[[Frame], None] = lambda _: None
) -> tuple[list[Observation], Exception | None, Memory]:
    """What a session observes, the error that ended it, and what it kept."""
    observer = Observer(finds, lambda _: reading(), limits=QualityLimits(), smoother=Smoother(0.5, compose))
    found, memory, stop = list[Observation](), Memory(), Event()

    def keep(frame: Frame, observation: Observation) -> None:
        found.append(observation)
        show(frame)
        if frame.tick_s == 2.5:
            stop.set()

    try:
        record("a", source, observer, memory, stop=stop, shows=[keep], ahead=observer.ahead if ahead else None)
    except Exception as error:
        return found, error, memory
    return found, None, memory


@pytest.mark.parametrize("error", [None, DAMAGED, RuntimeError("a bug in a source")])
@pytest.mark.parametrize("count", [0, 1, 2, 12, 30])
def test_the_observations_are_those_of_one_frame_after_the_other(count: int, error: Exception | None) -> None:
    alone, together = Finds(), Finds()
    expected = observed(alone, Recording(TICKS[:count], error), ahead=False)
    found = observed(together, Recording(TICKS[:count], error), ahead=True)
    assert found[:2] == expected[:2]
    assert found[2].windows == expected[2].windows
    assert together.at_s[: len(alone.at_s)] == alone.at_s
    assert len(together.at_s) <= len(alone.at_s) + 1, "no more than the next frame"


def test_the_next_frame_is_looked_at_while_this_one_is_read() -> None:
    finds, begun = Finds(), list[int]()
    observed(finds, Recording(TICKS[:5]), ahead=True, show=lambda frame: begun.append(round(frame.tick_s * 10)))
    assert begun == [0, 1, 2, 3, 4]
    assert finds.threads != {main_thread().name}
    assert finds.at_s == TICKS[:5]


def test_an_error_of_the_detector_comes_at_its_frame() -> None:
    found, error, memory = observed(Finds(fails_at_s=0.7), Recording(TICKS), ahead=True)
    assert [one.tick_s for one in found] == TICKS[:7]
    assert str(error) == "a bug in a detector"
    assert memory.session.frames_read == 7


def test_a_picture_without_a_signal_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def black(tick_s: float) -> NDArray[np.uint8]:
        return np.zeros_like(PICTURE) if 0.4 <= tick_s < 2.8 else PICTURE

    monkeypatch.setattr("tests.fakes.frame", lambda tick_s: Frame(black(tick_s), tick_s, None))
    alone, together = Finds(), Finds()
    expected = observed(alone, Recording(TICKS), ahead=False)[0]
    assert observed(together, Recording(TICKS), ahead=True)[0] == expected
    assert Unreadable.NO_SIGNAL in {one.unreadable for one in expected}
    assert set(together.at_s) - set(alone.at_s) <= {2.6}


@pytest.mark.parametrize(
    ("source", "cores", "ahead"), [("demo:fast", {0}, False), ("demo:fast", {0, 1}, True), ("demo", {0, 1}, False)]
)
def test_a_run_looks_ahead_where_it_has_a_second_core_and_need_not_wait(
    source: str, cores: set[int], ahead: bool, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set[str]()

    def find(rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        threads.add(current_thread().name)
        return ()

    monkeypatch.setattr(program, "confine", lambda *_, **__: None)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: cores)
    monkeypatch.setattr(program, "loaded_models", lambda config: no_networks(config, find))
    settings = Config.model_validate({"source": source, "duration": 0.2, "journal": tmp_path / "j.sqlite"})
    result = program.run(settings, Event())
    assert result.summary is not None
    assert result.summary.frames_read == 5
    assert (threads != {main_thread().name}) is ahead
