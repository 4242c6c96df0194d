"""Gate and monitor: what is written while a consent holds, and that nothing is once it does not."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from edge.checks.service_health import check_service
from edge.config import Config
from edge.consent.context import consent_context
from edge.consent.gate import Gate
from edge.consent.monitor import ConsentedKeeper, ConsentMonitor
from edge.consent.notices import shipped_notices
from edge.consent.services import Service
from edge.consent.store import ConsentStore
from edge.consent.types import ConsentState
from edge.consent.withdrawal import finish, refuse_used_name, tidy
from edge.core.choices.second_consent import SecondConsent
from edge.core.errors import BadConfiguration, NoConsent, UsageError
from edge.core.frames import Frame
from edge.journal.deletion import delete_by_hand
from edge.journal.one_session import last_tick_s
from edge.journal.reading import JournalReader
from edge.run.health import HealthFile, State, health_path, read_health
from edge.run.heartbeat import Heartbeat
from edge.run.outputs.keeping import Keeping, opened_keeping
from edge.sources.lease import Lease
from tests.fakes import BEGAN, Hands, Manager, Recording, observe, record
from tests.timing import eventually, within


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


@pytest.fixture
def store(tmp_path: Path) -> ConsentStore:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    return store


@pytest.fixture
def gate(store: ConsentStore, journal: Path) -> Gate:
    return Gate(store, journal, None, "recording", Lease())


@pytest.fixture
def keep(journal: Path) -> Callable[[str | None], object]:
    @contextmanager
    def opened(name: str | None) -> Iterator[Keeping]:
        with opened_keeping(Config(journal=journal, session=name), "recording") as keeping:
            yield keeping

    return opened


def kept(journal: Path) -> list[tuple[str, str, int]]:
    with JournalReader.open(journal) as reader:
        return [(one.name, one.state.value, one.windows) for one in reader.sessions()]


def watching(before_end: Callable[[], object]) -> Callable[..., object]:
    """A session of four windows; something happens before the last of them ends."""

    class Source(Recording):
        def _frames(self, stop: Event) -> Iterator[Frame]:
            yield from super()._frames(stop)
            before_end()

    def run(name: str, keeper: ConsentedKeeper, over: Event) -> object:
        source = Source([tick / 10 for tick in range(40)])
        return record(name, source, observe, keeper, stop=over, window_s=1.0)

    return run


def test_a_session_under_consent_is_kept(gate, keep, journal) -> None:
    outcome = gate.record("kim", keep, watching(lambda: None), Event(), patient=False)
    assert (outcome.state, outcome.erased) == (ConsentState.ENDED, False)
    assert outcome.summary is not None
    assert outcome.summary.frames_read == 40
    assert kept(journal) == [("kim", "complete", 4)]


@pytest.mark.parametrize("patient", [False, True])
def test_what_was_withdrawn_is_erased_unless_that_is_left_for_later(gate, store, keep, journal, patient) -> None:
    withdrawn = watching(lambda: store.end("kim", ConsentState.WITHDRAWN))
    outcome = gate.record("kim", keep, withdrawn, Event(), patient=patient)
    assert (outcome.state, outcome.erased) == (ConsentState.WITHDRAWN, not patient)
    assert bool(kept(journal)) is patient


def test_the_file_of_json_lines_is_noted_with_the_session(gate, store, keep, tmp_path) -> None:
    with_lines = replace(gate, jsonl=tmp_path / "lines.jsonl")
    noted: list[Path | None] = []
    with_lines.record("kim", keep, watching(lambda: noted.append(store.of("kim").jsonl)), Event(), patient=False)
    assert noted == [with_lines.jsonl]


def test_the_last_window_is_not_committed_after_a_withdrawal(gate, store, keep, journal, monkeypatch) -> None:
    """Where erasing is left to another process, what was committed before is all there is."""
    monkeypatch.setattr("edge.consent.gate.finish", lambda *_, **__: None)
    taken_back = watching(lambda: store.end("kim", ConsentState.WITHDRAWN))
    outcome = gate.record("kim", keep, taken_back, Event(), patient=False)
    assert outcome.state is ConsentState.WITHDRAWN
    assert kept(journal) == [("kim", "open", 3)]
    finish(store, "kim", wait_s=0)
    assert kept(journal) == []
    assert [receipt.state for receipt in store.receipts()] == [ConsentState.WITHDRAWN]


def test_what_waits_for_a_full_disk_is_dropped(gate, store, keep, journal, monkeypatch) -> None:
    from edge.host.files.private_files import disk_full
    from edge.journal.store import Journal

    def full(self: Journal, *summaries: object) -> None:
        raise disk_full(journal)

    monkeypatch.setattr("edge.consent.gate.finish", lambda *_, **__: None)
    with monkeypatch.context() as refusing:
        refusing.setattr(Journal, "write", full)

        def room_again() -> None:
            store.end("kim", ConsentState.WITHDRAWN)
            refusing.undo()
            refusing.setattr("edge.consent.gate.finish", lambda *_, **__: None)

        gate.record("kim", keep, watching(room_again), Event(), patient=False)
    assert kept(journal) == [("kim", "open", 0)]


def test_nothing_begins_without_a_valid_consent(gate, store, keep, journal) -> None:
    ran = []
    store.end("kim", ConsentState.WITHDRAWN)
    for name in ("kim", "bob"):
        with pytest.raises(NoConsent):
            gate.record(name, keep, lambda *_: ran.append(1), Event(), patient=True)
    assert ran == []
    assert kept(journal) == []


@pytest.mark.parametrize(("pause_s", "goes_on"), [(100, True), (140, False)])
def test_a_session_does_not_go_on_after_a_long_interruption(
    store, keep, journal, monkeypatch, pause_s: float, goes_on: bool
) -> None:
    gate = Gate(store, journal, None, "recording", Lease(), None, 120.0)
    stop = Event()
    four_windows: Any = watching(stop.set)
    gate.record("kim", keep, four_windows, stop, patient=True)  # the service is stopped
    last_s = last_tick_s("kim", journal) or 0.0
    assert last_s == pytest.approx(4.0, abs=1.1)
    monkeypatch.setattr("edge.consent.gate.monotonic", lambda: last_s + pause_s)
    names: list[str] = []
    stop = Event()

    class Ending(Manager):
        def status(self, text: str) -> None:
            stop.set()

    def run(name: str, *_: object) -> None:
        names.append(name)
        stop.set()

    gate.record_by_turns(keep, run, stop, Heartbeat("camera 7", Ending()))
    assert names == ["kim"] * goes_on
    assert store.of("kim").state is (ConsentState.GRANTED if goes_on else ConsentState.ENDED)


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """A folder of notices, whose only one is not the one that was agreed to."""
    folder = tmp_path / "notices"
    folder.mkdir()
    (folder / "1.txt").write_text("We watch you.")
    return folder


def test_a_consent_to_another_text_than_is_shown_begins_no_session(store, keep, journal, shown) -> None:
    gate = Gate(store, journal, None, "recording", Lease(), Service(shown, SecondConsent.REFUSE))
    ran = []
    with pytest.raises(NoConsent, match="a notice 1 that is not the one in"):
        gate.record("kim", keep, lambda *_: ran.append(1), Event(), patient=False)
    stop = Event()

    class Ending(Manager):
        def status(self, text: str) -> None:
            super().status(text)
            stop.set()

    manager = Ending()
    gate.record_by_turns(keep, lambda *_: ran.append(1), stop, Heartbeat("camera 7", manager))
    assert ran == []
    assert any(f"a notice 1 that is not the one in {shown}" in message for message in manager.messages)


def test_the_program_that_records_decides_which_notices_are_agreed_to(store, keep, journal, shown) -> None:
    Gate(store, journal, None, "recording", Lease(), Service(shown, SecondConsent.REFUSE)).announce()
    assert consent_context(journal, None).notices == shown
    assert consent_context(journal, shown.parent / "notices" / ".").notices == shown
    with pytest.raises(BadConfiguration, match="shows the notices in") as refusal:
        _ = consent_context(journal, shipped_notices()).notices
    assert "Leave out --notices" in refusal.value.fix


@pytest.mark.parametrize("harm", ["remove", "empty", "garble", "withdraw", "end"])
def test_the_monitor_notices_within_a_second(store: ConsentStore, harm: str) -> None:
    with ConsentMonitor(store, "kim", Event()) as monitor:
        assert not monitor.over.wait(0.6)
        match harm:
            case "remove":
                store.path.unlink()
            case "empty":
                store.path.write_bytes(b"")
            case "garble":
                store.path.write_bytes(b"garbage" * 1000)
            case "withdraw":
                store.end("kim", ConsentState.WITHDRAWN)
            case "end":
                store.end("kim", ConsentState.ENDED)
        harmed_s = time.monotonic()
        assert monitor.over.wait(240)
        assert time.monotonic() - harmed_s < within(1)


def test_the_monitor_looks_often_enough_for_that(store: ConsentStore) -> None:
    """However busy the machine is: a bound on time that such a machine keeps would not show it."""

    class Waited(Event):
        times_s: ClassVar[list[float | None]] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.times_s.append(timeout)
            return super().wait(timeout)

    with ConsentMonitor(store, "kim", Waited()) as monitor:
        assert eventually(lambda: len(Waited.times_s) > 2)
        assert not monitor.over.is_set()
    assert all(time_s is not None and time_s <= 0.5 for time_s in Waited.times_s)


def test_a_monitor_that_fails_ends_the_session(store: ConsentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    monkeypatch.setattr(ConsentMonitor, "state", lambda self: 1 / 0)
    with ConsentMonitor(store, "kim", Event()) as monitor:
        assert monitor.over.wait(240)


def test_a_name_is_forgotten_once_nothing_of_it_is_kept(gate, store, keep, journal) -> None:
    gate.record("kim", keep, watching(lambda: None), Event(), patient=False)
    tidy(store)
    assert store.find("kim") is not None
    with pytest.raises(UsageError, match="already"):
        refuse_used_name(store, "kim", journal)
    delete_by_hand(journal, before=datetime(2090, 1, 1, tzinfo=UTC))
    refuse_used_name(store, "kim", journal)
    assert store.find("kim") is None
    assert b"kim" not in store.path.read_bytes()
    assert [receipt.state for receipt in store.receipts()] == [ConsentState.ENDED]


def test_a_session_without_consent_is_not_mixed_with_one_under_consent(store, keep, journal) -> None:
    with keep("bob") as keeping:
        keeping.begin(BEGAN)
    with pytest.raises(UsageError, match="called bob already"):
        refuse_used_name(store, "bob", journal)


def test_a_service_that_waits_for_consent_says_so_and_is_well(tmp_path: Path) -> None:
    clock, manager, path = Hands(), Manager(), health_path(tmp_path / "j.sqlite")
    going = True
    heartbeat = Heartbeat(
        "camera 7", manager, health=HealthFile(path, "camera 7", clock), continues=lambda: going, clock=clock
    )
    clock.move(6)
    heartbeat.waiting_for_consent()
    health = read_health(path)
    assert health is not None
    assert (health.state, health.status, health.absences) == (State.CONSENT, "Waiting for consent.", 0)
    assert manager.messages == ["READY", "Waiting for consent."]
    found = {one.check: one for one in check_service(tmp_path / "j.sqlite", datetime.now(UTC))}
    assert found["pictures"].ok
    assert found["pictures"].found.startswith("none before consent")
    heartbeat.stopping()  # a session ends, and the program goes on
    heartbeat.waiting_for_consent("consent.sqlite is damaged.")
    assert manager.messages[2:] == ["Waiting for consent: consent.sqlite is damaged."]
    going = False
    heartbeat.stopping()
    assert manager.messages[3:] == ["STOPPING", "Ending."]
