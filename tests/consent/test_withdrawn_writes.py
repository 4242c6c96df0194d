"""What waits for a full disk when a consent is withdrawn: no later moment of the session writes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from edge.config import Config
from edge.consent.gate import Gate, RunSession
from edge.consent.monitor import ConsentedKeeper, ConsentMonitor
from edge.consent.store import ConsentStore
from edge.consent.types import Consent, ConsentState
from edge.core.summaries import Summary
from edge.host.files.private_files import disk_full
from edge.journal.reading import JournalReader
from edge.journal.store import Journal
from edge.run.outputs.keeper import Keeper
from edge.run.outputs.keeping import Keeping, opened_keeping
from edge.sources.lease import Lease
from tests.fakes import BEGAN, Hands
from tests.journal.conftest import summaries_of as summaries_of


class Disk:
    """The journal's disk: full until there is room."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, write = True, Journal.write

        def refuse_or_write(journal: Journal, *summaries: Summary) -> None:
            if self.full:
                raise disk_full(journal.path)
            write(journal, *summaries)

        monkeypatch.setattr(Journal, "write", refuse_or_write)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


@pytest.fixture
def keep(journal: Path, clock: Hands) -> Callable[[str | None], object]:
    @contextmanager
    def opened(name: str | None) -> Iterator[Keeping]:
        with opened_keeping(Config(journal=journal, session=name), "recording", clock=clock) as keeping:
            yield keeping

    return opened


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def run(disk: Disk, summaries_of) -> RunSession:
    """A session of three windows, after which the disk has room again."""

    def recorded(name: str, keeper: Keeper, _: Event) -> None:
        keeper.begin(BEGAN)
        for summary in summaries_of(name, 3)[:3]:
            keeper.write(summary)
        disk.full = False

    return recorded


def windows(journal: Path) -> int:
    with JournalReader.open(journal) as reader:
        return sum(session.windows for session in reader.sessions())


class LateWithdrawal(ConsentStore):
    """The consent is withdrawn in the moment in which the session would be noted as ended."""

    def end(self, session: str, state: ConsentState) -> Consent:
        if state is ConsentState.ENDED:
            super().end(session, ConsentState.WITHDRAWN)
        return super().end(session, state)


@pytest.mark.parametrize(("withdrawn", "written"), [(False, 3), (True, 0)])
def test_trying_again_later_writes_nothing_after_a_withdrawal(
    tmp_path: Path, journal: Path, disk: Disk, clock: Hands, summaries_of, keep, withdrawn: bool, written: int
) -> None:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    with keep("kim") as keeping, ConsentMonitor(store, "kim", Event()) as monitor:
        keeper = ConsentedKeeper(keeping, monitor)
        keeper.begin(BEGAN)
        for summary in summaries_of("kim", 3)[:3]:
            keeper.write(summary)
        if withdrawn:
            store.end("kim", ConsentState.WITHDRAWN)
            assert monitor.over.wait(240)
        disk.full = False
        clock.move(60)
        keeper.catch_up()
        assert windows(journal) == written
        keeping.forget()


def test_a_withdrawal_in_the_last_moment_is_not_too_late(
    tmp_path: Path, journal: Path, run: RunSession, keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.consent.gate.finish", lambda *_, **__: None)
    store = LateWithdrawal(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    outcome = Gate(store, journal, None, "recording", Lease()).record("kim", keep, run, Event(), patient=False)
    assert outcome.state is ConsentState.WITHDRAWN
    assert windows(journal) == 0


def test_what_waited_is_written_at_the_end_of_a_session_that_was_not_withdrawn(
    tmp_path: Path, journal: Path, run: RunSession, keep
) -> None:
    store = ConsentStore(tmp_path / "consent.sqlite")
    store.grant("kim", "1", "ab" * 32, 60)
    Gate(store, journal, None, "recording", Lease()).record("kim", keep, run, Event(), patient=False)
    assert windows(journal) == 3
