"""What the tests of the journal share: summaries, a small journal, and a user whom permission bits bind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary
from edge.core.windowing.windows import Windows
from edge.journal.store import Journal

NOBODY = 65534
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _observation(tick_s: float, began: datetime) -> Observation:
    reading = None
    if int(tick_s) % 3:
        score = tick_s % 2 - 1
        level = level_of(score)
        levels = tuple(0.6 if each is level else 0.2 for each in LEVELS)
        emotions = tuple(float(each == "happy") for each in EMOTIONS)
        reading = Reading(emotions, levels, score, "happy", level, 0.6)
    at = began + timedelta(seconds=tick_s)
    return Observation(tick_s, at, None, 0, reading, None if reading else Unreadable.NO_FACE)


@pytest.fixture(scope="session")
def summaries_of():
    """summaries_of("name", 5): five windows of 2 s that begin at noon, and the session's summary last."""

    def made(session: str, count: int, began: datetime = NOON) -> list[Summary]:
        windows = Windows(session, 2.0)
        return [
            *(summary for tick in range(count * 8) for summary in windows.add(_observation(tick / 4, began))),
            *windows.finish(),
        ]

    return made


@pytest.fixture
def summaries(summaries_of):
    """As `summaries_of`."""
    return summaries_of


@pytest.fixture
def journal(tmp_path: Path, summaries) -> Path:
    """A journal with one complete session, kim's, of three windows of 2 s that begin at noon."""
    path = tmp_path / "j.sqlite"
    with Journal.open(path) as opened:
        opened.begin("kim", started_at=NOON, window_s=2.0, software="0.1")
        opened.write(*summaries("kim", 3))
    return path


@pytest.fixture
def ordinary_user() -> Iterator[Path]:
    """A folder of a user whom permission bits bind, while the test is that user; tests may run as root."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() != 0:
        yield folder
        folder.chmod(0o700)
    else:
        os.chown(folder, NOBODY, NOBODY)
        try:
            os.seteuid(NOBODY)
        except OSError:
            pytest.skip("this root may not become another user")
        try:
            yield folder
        finally:
            os.seteuid(0)
    shutil.rmtree(folder)
