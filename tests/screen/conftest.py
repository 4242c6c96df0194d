"""A booth whose recorder is a thread of the test: it begins what was agreed to, and stops when it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

pytest.importorskip("starlette", reason="the extra `screen` is not installed")

from edge.config import Config
from edge.consent.context import ConsentContext
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState
from edge.run.outputs.keeping import opened_keeping
from edge.screen.booth import Booth
from tests.fakes import Hands, Recording, observe, record


@pytest.fixture
def context(tmp_path: Path) -> ConsentContext:
    return ConsentContext(ConsentStore(tmp_path / "consent.sqlite"), tmp_path / "j.sqlite", None)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def booth(context: ConsentContext, hands: Hands) -> Booth:
    return Booth(context, 30.0, hands.tick_s)


def begin(context: ConsentContext, session: str) -> None:
    """Record three windows of a session, as edge-run does, and go on with its capture."""
    context.store.begin(session, context.journal, None)
    with opened_keeping(Config(journal=context.journal, session=session), "camera 7") as keeping:
        record(session, Recording([tick / 10 for tick in range(30)]), observe, keeping, stop=Event(), window_s=1.0)


@contextmanager
def recorder(context: ConsentContext) -> Iterator[None]:
    """Begin each session that is agreed to, and note its end once the consent is over."""
    stop, begun = Event(), set[str]()

    def watch() -> None:
        while not stop.wait(0.05):
            for consent in context.store.consents():
                if consent.valid and consent.session not in begun:
                    begun.add(consent.session)
                    begin(context, consent.session)
                elif not consent.valid and consent.capture is CaptureState.RUNNING:
                    context.store.note(consent.session, CaptureState.OVER)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(240)
