"""The gate of a service: whose session is next, what is finished while none is, and when the program has to end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from edge.config import Config
from edge.consent.gate import Gate, Outcome, RunSession, opened_gate
from edge.consent.notices import shipped_notices
from edge.consent.services import Service
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState, Consent, ConsentState
from edge.core.errors import CannotWrite, DeviceUnavailable
from edge.core.summaries import Summary
from edge.run.heartbeat import Heartbeat
from edge.run.outputs.keeper import Keeper
from edge.run.outputs.keeping import Keeping, opened_keeping
from edge.sources.lease import Lease
from tests.fakes import BEGAN


class Waiting:
    """Stands for the heartbeat: notes what it is to report, and ends the waiting after so many reports."""

    def __init__(self, stop: Event, reports: int = 1) -> None:
        self.troubles: list[str] = []
        self.stopped = False
        self._stop, self._reports = stop, reports

    def waiting_for_consent(self, trouble: str = "") -> None:
        self.troubles.append(trouble)
        if len(self.troubles) >= self._reports:
            self._stop.set()

    def stopping(self) -> None:
        self.stopped = True


class Noted(Event):
    """An event that notes for how long it is waited for, and is not."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return self.is_set()


@pytest.fixture
def store(tmp_path: Path) -> ConsentStore:
    return ConsentStore(tmp_path / "consent.sqlite")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


@pytest.fixture
def lease() -> Lease:
    return Lease()


@pytest.fixture
def gate(store: ConsentStore, journal: Path, lease: Lease) -> Gate:
    return Gate(store, journal, None, "camera 7", lease)


@pytest.fixture
def keep(journal: Path) -> Callable[[str | None], object]:
    @contextmanager
    def opened(name: str | None) -> Iterator[Keeping]:
        with opened_keeping(Config(journal=journal, session=name), "camera 7") as keeping:
            yield keeping

    return opened


def grant(store: ConsentStore, *names: str) -> None:
    for name in names:
        store.grant(name, "1", "ab" * 32, 600)


def recorded(names: list[str], then: Callable[[str], object] = lambda name: None) -> RunSession:
    def run(name: str, keeper: Keeper, over: Event) -> Summary | None:
        names.append(name)
        keeper.begin(BEGAN)
        then(name)
        return None

    return run


def test_sessions_are_recorded_in_the_order_of_their_consents(gate, store, keep) -> None:
    grant(store, "zoe", "bob", "kim")
    store.end("bob", ConsentState.ENDED)
    names: list[str] = []
    stop = Event()
    waiting = Waiting(stop)
    gate.record_by_turns(keep, recorded(names), stop, waiting)
    assert names == ["zoe", "kim"]
    assert (waiting.troubles, waiting.stopped) == ([""], True)
    assert {consent.session: consent.state for consent in store.consents()} == {
        "zoe": ConsentState.ENDED,
        "bob": ConsentState.ENDED,
        "kim": ConsentState.ENDED,
    }
    assert {consent.capture for consent in store.consents()} == {CaptureState.OVER, None}


def test_a_session_that_was_interrupted_goes_first_and_one_of_another_journal_never(gate, store, keep, journal) -> None:
    grant(store, "zoe", "kim", "ann")
    store.begin("kim", journal, None)
    store.begin("ann", journal.with_name("other"), None)
    names: list[str] = []
    stop = Event()
    gate.record_by_turns(keep, recorded(names), stop, Waiting(stop))
    assert names == ["kim", "zoe"]


def test_a_consent_outlives_the_end_of_a_service(gate, store, keep) -> None:
    grant(store, "kim")
    stop = Event()
    outcome = gate.record("kim", keep, recorded([], lambda _: stop.set()), stop, patient=True)
    assert outcome == Outcome(None, ConsentState.GRANTED, False)
    assert store.of("kim").valid
    stop = Event()
    outcome = gate.record("kim", keep, recorded([], lambda _: stop.set()), stop, patient=False)
    assert outcome.state is ConsentState.ENDED


def test_a_service_that_is_stopped_ends_no_consent(gate, store, keep) -> None:
    grant(store, "kim")
    stop = Event()
    gate.record_by_turns(keep, recorded([], lambda _: stop.set()), stop, Waiting(stop))
    assert store.of("kim").state is ConsentState.GRANTED


def test_a_withdrawn_session_is_erased_while_the_next_consent_is_waited_for(gate, store, keep, journal) -> None:
    grant(store, "kim")
    stop = Event()
    gate.record_by_turns(keep, recorded([], lambda name: store.end(name, ConsentState.WITHDRAWN)), stop, Waiting(stop))
    assert store.find("kim") is None
    assert store.receipts()[0].erased_at is not None


def test_a_withdrawn_session_of_another_journal_is_left_to_that(gate, store, keep, journal) -> None:
    grant(store, "kim")
    store.begin("kim", journal.with_name("other"), None)
    store.end("kim", ConsentState.WITHDRAWN)
    stop = Event()
    gate.record_by_turns(keep, recorded([]), stop, Waiting(stop))
    assert store.find("kim") is not None


def test_what_is_not_erased_is_reported_but_keeps_no_other_session_waiting(gate, store, keep, monkeypatch, caplog):
    grant(store, "kim", "bob")
    store.end("kim", ConsentState.WITHDRAWN)

    def refused(*_: object, **__: object) -> None:
        raise CannotWrite("The disk refuses.", fix="")

    monkeypatch.setattr("edge.consent.gate.finish", refused)
    names: list[str] = []
    stop = Noted()
    waiting = Waiting(stop, 2)
    gate.record_by_turns(keep, recorded(names), stop, waiting)
    assert names == ["bob"]
    assert stop.waited[-2:] == [1.0, 1.0]
    (trouble,) = set(waiting.troubles)
    assert trouble == f"A session whose consent was withdrawn is not erased from {gate.journal} yet."
    assert [record.getMessage() for record in caplog.records] == [trouble]  # logged once


def test_a_store_that_cannot_be_read_is_reported_and_tried_again(gate, store, keep) -> None:
    store.path.write_bytes(b"garbage" * 100)
    stop = Event()
    waiting = Waiting(stop)
    gate.record_by_turns(keep, recorded([]), stop, waiting)
    assert "consent.sqlite is damaged" in waiting.troubles[0]


def test_a_consent_that_is_withdrawn_in_the_last_moment_is_passed_over(gate, store, keep, monkeypatch, caplog) -> None:
    grant(store, "kim")
    begin = ConsentStore.begin

    def late(self: ConsentStore, session: str, journal: Path, jsonl: Path | None) -> Consent:
        self.end(session, ConsentState.WITHDRAWN)
        return begin(self, session, journal, jsonl)

    monkeypatch.setattr(ConsentStore, "begin", late)
    names: list[str] = []
    stop = Noted()
    gate.record_by_turns(keep, recorded(names), stop, Waiting(stop))
    assert names == []
    assert stop.waited == [1.0, 0.25], "once more after a second, and then four times a second"
    assert "A session did not begin" in caplog.text
    assert "kim" not in caplog.text


def test_a_device_that_is_not_released_ends_the_program(gate, store, keep, lease, monkeypatch) -> None:
    grant(store, "kim", "bob")
    monkeypatch.setattr(Lease, "released", property(lambda self: False))
    names: list[str] = []
    stop = Event()
    with pytest.raises(DeviceUnavailable, match="Camera 7 hangs in its driver, and no session can be recorded now"):
        gate.record_by_turns(keep, recorded(names), stop, Waiting(stop))
    assert names == ["kim"]
    assert store.of("kim").capture is CaptureState.HANGS


def test_a_consent_that_is_given_ends_the_waiting(gate, store, keep) -> None:
    stop = Event()
    names: list[str] = []
    waiting = Waiting(stop, 10_000)
    thread = Thread(
        target=gate.record_by_turns, args=(keep, recorded(names, lambda _: stop.set()), stop, waiting), daemon=True
    )
    thread.start()
    grant(store, "kim")
    thread.join(240)
    assert not thread.is_alive()
    assert names == ["kim"]


@pytest.mark.parametrize(("jsonl", "absolute"), [(None, False), ("-", False), ("l.jsonl", True)])
def test_a_runs_gate_is_beside_its_journal(
    tmp_path: Path, keep, lease: Lease, monkeypatch: pytest.MonkeyPatch, jsonl: str | None, absolute: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config(jsonl=jsonl, notices=Path("texts") if absolute else None)
    gate = opened_gate(config, keep, "camera 7", lease)
    assert gate.store.path == tmp_path / "consent.sqlite"
    assert gate.journal == tmp_path / "j.sqlite"
    assert gate.jsonl == (tmp_path / "l.jsonl" if absolute else None)
    assert (gate.source, gate.lease) == ("camera 7", lease)
    notices = tmp_path / "texts" if absolute else shipped_notices()
    assert gate.service == Service(notices, config.second_consent)


def test_the_heartbeat_is_one_that_waits() -> None:
    """What stands for it here has its methods."""
    assert {name for name in vars(Waiting) if not name.startswith("_")} <= {*dir(Heartbeat)}
