"""A session that was recorded under a consent, in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from edge.config import Config
from edge.consent.context import ConsentContext
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState
from edge.run.outputs.keeping import opened_keeping
from tests.fakes import Recording, observe
from tests.fakes import record as record_session

Recorded = Callable[..., ConsentContext]


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """recorded("kim"): a consent under which four windows were kept, in a journal and in JSON lines."""

    def made(session: str, capture: CaptureState | None = CaptureState.OVER) -> ConsentContext:
        journal, lines = tmp_path / "j.sqlite", tmp_path / "lines.jsonl"
        store = ConsentStore(tmp_path / "consent.sqlite")
        store.grant(session, "1", "ab" * 32, 60)
        store.begin(session, journal, lines)
        settings = Config(journal=journal, jsonl=str(lines), session=session)
        with opened_keeping(settings, "recording") as keeping:
            record_session(
                session, Recording([tick / 10 for tick in range(40)]), observe, keeping, stop=Event(), window_s=1.0
            )
        if capture is not None:
            store.note(session, capture)
        assert len([line for line in lines.read_text().splitlines() if json.loads(line)["session"] == session]) == 5
        return ConsentContext(store, journal, None)

    return made
