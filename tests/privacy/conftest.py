"""What the tests of promises share."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.windowing.windows import Windows

from .booths import Booth, opened_booth

Run = Callable[..., subprocess.CompletedProcess[str]]  # the fixture `run`: a process of its own, to its end


@pytest.fixture
def booth(home: Path) -> Iterator[Booth]:
    """A booth of its own for a test of consent."""
    with opened_booth(home) as one:
        yield one


@pytest.fixture(scope="session")
def summaries_of_a_face():
    """summaries_of_a_face("name", 5): five windows of 2 s that begin at noon, and the session's summary last."""

    def made(session, count, at=datetime(2026, 3, 1, 12, tzinfo=UTC)):
        windows = Windows(session, 2.0)
        closed = [s for tick in range(count * 8) for s in windows.add(_observation(tick / 4, at))]
        return [*closed, *windows.finish()]

    return made


def _observation(tick_s, at):
    score = tick_s % 2 - 1
    level = level_of(score)
    levels = tuple(0.6 if each is level else 0.2 for each in LEVELS)
    reading = Reading(tuple(float(each == "happy") for each in EMOTIONS), levels, score, "happy", level, 0.6)
    seen = reading if int(tick_s) % 3 else None
    return Observation(tick_s, at + timedelta(seconds=tick_s), None, 0, seen, None if seen else Unreadable.NO_FACE)


@pytest.fixture
def unconfined(monkeypatch):
    """edge-run in this process does not deny it the network: that would last for all the tests that follow."""
    for place in ("edge.program.confine", "edge.run.confine.confine"):
        monkeypatch.setattr(place, lambda source=None: None)
