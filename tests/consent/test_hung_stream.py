"""A stream whose server stops answering, under consent: its decoder is killed, and a withdrawal erases its session."""

import time
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from edge.config import Config
from edge.consent.gate import Gate
from edge.consent.store import ConsentStore
from edge.consent.types import ConsentState
from edge.consent.withdrawal import withdraw
from edge.run.outputs.keeping import opened_keeping
from edge.sources.lease import Lease
from edge.sources.live.stream import Stream
from tests.fakes import observe, record
from tests.sources.stream_server import StreamServer


@pytest.fixture
def store(tmp_path: Path) -> ConsentStore:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    return store


@pytest.mark.parametrize("hangs", [True, False])
def test_a_withdrawal_releases_a_stream_and_erases_its_session_also_where_its_server_hangs(
    tmp_path: Path, store: ConsentStore, hangs: bool
) -> None:
    journal, stop, lease = tmp_path / "j.sqlite", Event(), Lease()
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    watched, reports = Event(), list[str]()

    def saw(*_: object) -> None:
        watched.set()

    def withdrawn() -> None:
        assert watched.wait(240)
        server.hangs = hangs
        time.sleep(0.3)  # the read that is under way takes what was sent before
        reports.extend(withdraw(store, store.end("kim", ConsentState.WITHDRAWN)))

    with StreamServer([cv2.imencode(".jpg", picture)[1].tobytes()]) as server:
        source = Stream(server.url, stall_s=20.0)
        gate = Gate(store, journal, None, source.name, lease)
        withdrawal = Thread(target=withdrawn)
        withdrawal.start()
        outcome = gate.record(
            "kim",
            lambda name: opened_keeping(Config(journal=journal, session=name), source.name),
            lambda name, keeper, over: record(
                name, source, observe, keeper, stop=over, shows=[saw], lease=lease, duration_s=60
            ),
            stop,
            patient=False,
        )
        assert outcome.erased
        withdrawal.join(240)
    assert any("The camera is released." in line for line in reports)
    assert not any("driver hangs" in line for line in reports)
