from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.windowing.windows import Windows
from edge.journal.store import Journal

Keep = Callable[..., None]


def _observation(tick_s: float) -> Observation:
    """Expressive and happy for a second, then no face for a second, and so on."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=tick_s)
    if int(tick_s) % 2:
        return Observation(tick_s, at, None, 0, None, Unreadable.NO_FACE)
    level = level_of(1.5)
    levels = tuple(0.6 if each is level else 0.2 for each in LEVELS)
    emotions = tuple(float(each == "happy") for each in EMOTIONS)
    return Observation(tick_s, at, None, 1, Reading(emotions, levels, 1.5, "happy", level, 0.6), None)


@pytest.fixture
def keep() -> Keep:
    """keep(path, "name", 3): a session of three windows of 2 s; `ended=False` leaves it open."""

    def kept(path: Path, name: str, count: int, *, ended: bool = True, source: str | None = None) -> None:
        with Journal.open(path) as journal:
            started_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
            journal.begin(name, started_at=started_at, window_s=2.0, software="0.1", source=source)
            windows = Windows(name, 2.0)
            closed = [s for tick in range(count * 8) for s in windows.add(_observation(tick / 4))]
            rest = windows.finish()
            for summary in [*closed, *(rest if ended else rest[:-1])] if count or ended else ():
                journal.write(summary)

    return kept


@pytest.fixture
def journal(tmp_path: Path, keep: Keep) -> Path:
    """A session of three windows, an interrupted one of two, an open one without any."""
    path = tmp_path / "journal.sqlite"
    keep(path, "monday", 3)
    keep(path, "tuesday", 2, ended=False)
    keep(path, "now", 0, ended=False)
    return path
