from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.core.readings import Observation, Unreadable
from edge.core.summaries import Kind, Summary
from edge.core.windowing.windows import Windows
from edge.journal.meta import note_settings
from edge.journal.store import Journal
from tests.fakes import reading

Record = Callable[..., None]


def windows_of(name: str, count: int, at: datetime) -> list[Summary]:
    """So many windows of 2 s, half of each readable, and the session's summary."""
    made, found = Windows(name, 2.0), list[Summary]()
    for tick in range(count * 2):
        seen = reading() if tick % 2 else None
        why = None if seen else Unreadable.NO_FACE
        found += made.add(Observation(float(tick), at + timedelta(seconds=tick), None, 0, seen, why))
    return found + made.finish()


@pytest.fixture
def record() -> Record:
    """record(path, "s", days_ago=1, windows=3): a live session of windows of 2 s, half of them readable.

    `ended=False` leaves it open; `of_window` changes fields of each window, `settings` are noted in the journal, and
    the rest goes to `Journal.begin`.
    """

    def recorded(
        path: Path,
        name: str,
        *,
        days_ago: float = 0,
        windows: int = 3,
        ended: bool = True,
        of_window: dict[str, Any] | None = None,
        settings: dict[str, object] | None = None,
        **begin: Any,
    ) -> None:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        about: dict[str, Any] = {"clock_synchronised": True, "boot_id": "boot-1"} | begin
        with Journal.open(path) as journal:
            note_settings(journal, settings or {})
            journal.begin(name, started_at=at, window_s=2.0, software="0", **about)
            for one in windows_of(name, windows, at):
                if ended or one.kind is Kind.WINDOW:
                    journal.write(replace(one, **(of_window or {})) if one.kind is Kind.WINDOW else one)

    return recorded
