"""The store of consents: how long one lasts, that no clock and no restart lengthens it, and what is left of it."""

import os
import sqlite3
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.consent.database import ConsentFile
from edge.consent.rows import BEGIN_WITHIN_S, MOST_S
from edge.consent.services import Service
from edge.consent.store import ConsentStore
from edge.consent.types import CaptureState, ConsentState
from edge.core.choices.second_consent import SecondConsent
from edge.core.errors import BadConfiguration, CannotWrite, NoConsent, UsageError
from edge.host.files.private_files import disk_full
from edge.journal.deletion import delete_session
from edge.journal.file.reserve import Reserve
from edge.journal.store import Journal

NOTICE = "ab" * 32


@dataclass
class Machine:
    """One that can be started anew, and whose time passes by hand."""

    started: str | None = "first"
    tick: float = 1000.0


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.sqlite"


@pytest.fixture
def store(tmp_path: Path, machine: Machine) -> ConsentStore:
    return ConsentStore(tmp_path / "consent.sqlite", tick_s=lambda: machine.tick, boot=lambda: machine.started)


def change(store: ConsentStore, statement: str) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as ask:
        ask.execute(statement)


def test_a_consent_lasts_as_long_as_it_was_given_for_from_its_beginning(
    store: ConsentStore, machine: Machine, journal: Path
) -> None:
    assert store.grant("kim", "1", NOTICE, 60).valid
    machine.tick += BEGIN_WITHIN_S - 1
    assert store.of("kim").left_s == 60
    assert store.begin("kim", journal, None).left_s == 60
    machine.tick += 59.9
    assert store.begin("kim", journal, None).valid  # after a crash; its time goes on
    machine.tick += 0.1
    assert not store.of("kim").valid
    assert store.of("kim").state is ConsentState.EXPIRED
    with pytest.raises(NoConsent, match="expired"):
        store.begin("kim", journal, None)
    machine.tick = 1600  # were that clock to go back, the consent comes back: it cannot, by its definition
    assert store.end("kim", ConsentState.EXPIRED).state is ConsentState.EXPIRED
    assert not store.of("kim").valid  # and once it was noted, not even then


def test_a_consent_that_is_not_used_soon_is_over(store: ConsentStore, machine: Machine, journal: Path) -> None:
    store.grant("kim", "1", NOTICE, MOST_S)
    machine.tick += BEGIN_WITHIN_S
    with pytest.raises(NoConsent, match="expired"):
        store.begin("kim", journal, None)


@pytest.mark.parametrize("begun", [False, True])
def test_a_second_consent_is_refused_while_one_holds(store: ConsentStore, journal: Path, begun: bool) -> None:
    store.grant("anna", "1", NOTICE, 60, journal)
    if begun:
        store.begin("anna", journal, None)
    for attempt in (lambda: store.refuse_second(journal), lambda: store.grant("bert", "1", NOTICE, 60, journal)):
        with pytest.raises(NoConsent, match="one person is recorded at a time") as refusal:
            attempt()
    assert refusal.value.fix == "End it first: edge-consent end anna."
    assert ("is being recorded" if begun else "waits to be recorded") in refusal.value.happened
    assert store.find("bert") is None
    store.end("anna", ConsentState.ENDED)
    assert store.grant("bert", "1", NOTICE, 60, journal).valid


def test_a_session_of_another_camera_stands_in_nobodys_way(store: ConsentStore, journal: Path) -> None:
    store.grant("anna", "1", NOTICE, 60, journal)
    store.begin("anna", journal.with_name("other.sqlite"), None)
    assert store.grant("bert", "1", NOTICE, 60, journal).valid
    assert store.of("anna").valid


def test_a_second_consent_ends_the_first_where_the_operator_says_so(store: ConsentStore, journal: Path) -> None:
    store.services.announce(journal, Service(journal.parent, SecondConsent.ENDS_FIRST))
    store.grant("anna", "1", NOTICE, 60, journal)
    store.begin("anna", journal, None)
    store.refuse_second(journal)
    assert store.grant("bert", "1", NOTICE, 60, journal).valid
    assert store.of("anna").state is ConsentState.ENDED


def test_a_version_stands_for_one_text(store: ConsentStore) -> None:
    store.grant("anna", "1", NOTICE, 60)
    store.grant("mia", "2", "cd" * 32, 60)
    with pytest.raises(UsageError, match="Notice 1 was changed after people had agreed to it") as refusal:
        store.grant("bert", "1", "cd" * 32, 60)
    assert "new version" in refusal.value.fix
    assert store.find("bert") is None


def test_what_a_program_announces_is_replaced_by_the_next(store: ConsentStore, journal: Path) -> None:
    assert store.services.of(journal) is None
    for second in (SecondConsent.REFUSE, SecondConsent.ENDS_FIRST):
        service = Service(journal.parent / second, second)
        store.services.announce(journal, service)
        written = store.path.stat().st_mtime_ns
        store.services.announce(journal, service)
        assert (store.services.of(journal), store.path.stat().st_mtime_ns) == (service, written)
    assert store.services.of(journal.with_name("other")) is None


@pytest.mark.parametrize(("tick", "valid"), [(999.9, False), (1000.0, True)])
def test_a_clock_that_went_back_before_it_was_given_makes_it_no_longer(
    store: ConsentStore, machine: Machine, tick: float, valid: bool
) -> None:
    store.grant("kim", "1", NOTICE, 60)
    machine.tick = tick
    assert store.of("kim").valid is valid
    assert store.of("kim").left_s == (60 if valid else 0)


def test_a_change_is_on_the_disk_before_it_is_reported(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    with ConsentFile(store.path).opened(to_write=True) as connection:
        settings = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "secure_delete")]
    assert settings == [2, 1]  # FULL: NORMAL may lose a commit with the power


def test_an_end_is_noted_on_a_full_disk_with_the_room_that_journals_hold_in_reserve(
    store: ConsentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.grant("kim", "1", NOTICE, 60)
    folder, opened = store.path.parent, ConsentFile.opened
    reserves = [folder / "a.sqlite.reserve", folder / "b.sqlite.reserve"]

    def full_while_reserved(file: ConsentFile, **settings: bool) -> AbstractContextManager[sqlite3.Connection]:
        if any(reserve.exists() for reserve in reserves):
            raise disk_full(file.path)
        return opened(file, **settings)

    monkeypatch.setattr(ConsentFile, "opened", full_while_reserved)
    for name in ("a.sqlite", "b.sqlite"):
        with Journal.open(folder / name):
            pass
        assert Reserve(folder / name).make()
    others = [folder / "reserve", folder / "nature.reserve", folder / "linked.reserve"]
    for other in others:
        other.touch()
    (folder / "linked.lock").symlink_to(folder / "a.sqlite.lock")
    assert store.end("kim", ConsentState.ENDED).state is ConsentState.ENDED
    assert sorted(path for path in folder.iterdir() if "reserve" in path.name) == sorted(others)

    reserves[0].mkdir()  # which cannot be given back
    with pytest.raises(CannotWrite, match="is full"):
        store.end("kim", ConsentState.WITHDRAWN)


@pytest.mark.parametrize("date", ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_no_date_lengthens_or_shortens_it(store: ConsentStore, machine: Machine, journal: Path, date: str) -> None:
    store.grant("kim", "1", NOTICE, 60)
    store.begin("kim", journal, None)
    change(store, f"UPDATE receipts SET granted_at = '{date}', changed_at = '{date}'")
    assert store.of("kim").left_s == 60
    machine.tick += 61
    assert not store.of("kim").valid


@pytest.mark.parametrize("tick", [5.0, 1010.0])
def test_it_does_not_outlive_the_machines_start(store: ConsentStore, machine: Machine, tick: float) -> None:
    store.grant("kim", "1", NOTICE, 60)
    machine.started, machine.tick = "second", tick
    assert not store.of("kim").valid
    machine.started = None
    assert not store.of("kim").valid
    with pytest.raises(NoConsent, match="start of the machine"):
        store.grant("bob", "1", NOTICE, 60)


def test_what_is_over_stays_over_and_a_withdrawal_goes_first(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    assert store.end("kim", ConsentState.ENDED).state is ConsentState.ENDED
    assert store.end("kim", ConsentState.EXPIRED).state is ConsentState.ENDED
    assert store.end("kim", ConsentState.WITHDRAWN).state is ConsentState.WITHDRAWN
    assert store.end("kim", ConsentState.ENDED).state is ConsentState.WITHDRAWN
    with pytest.raises(UsageError, match="already"):
        store.grant("kim", "1", NOTICE, 60)


def test_a_session_is_not_scattered_over_places_that_a_withdrawal_would_miss(store: ConsentStore) -> None:
    here, there = store.path.with_name("j.sqlite"), store.path.with_name("other.sqlite")
    store.grant("kim", "1", NOTICE, 60)
    assert store.begin("kim", here, None).capture is CaptureState.RUNNING
    assert store.begin("kim", here, None).journal == here
    for journal, lines in ((there, None), (here, there)):
        with pytest.raises(NoConsent, match="is being recorded in"):
            store.begin("kim", journal, lines)


def test_the_receipt_stays_and_the_name_is_gone(store: ConsentStore) -> None:
    for number in range(40):
        store.grant(f"person-{number:03}", "1", NOTICE, 60)
    for number in range(0, 40, 2):
        store.end(f"person-{number:03}", ConsentState.WITHDRAWN)
        store.forget(f"person-{number:03}")
    kept = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    for number in range(40):
        assert (f"person-{number:03}".encode() in kept) is bool(number % 2)
    receipts = store.receipts()
    assert len({receipt.id for receipt in receipts}) == 40
    assert sum(receipt.erased_at is not None for receipt in receipts) == 20
    store.forget("person-000")  # once more is no error


def test_a_name_that_can_still_be_read_is_no_success(store: ConsentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.grant("kim", "1", NOTICE, 60)
    monkeypatch.setattr("edge.consent.database.ConsentFile.holds", lambda *_: True)
    with pytest.raises(CannotWrite, match="can still be read"):
        store.forget("kim")


@pytest.mark.parametrize("side", ["", "-journal", "-wal"])
def test_a_name_is_looked_for_in_every_file_of_the_database(store: ConsentStore, side: str) -> None:
    store.path.with_name(f"consent.sqlite{side}").write_bytes(b"some, and the mark, and more")
    assert ConsentFile(store.path).holds("the mark")
    assert not ConsentFile(store.path).holds("another")


@pytest.mark.parametrize("harm", ["text", "another", "newer", "row", "pages"])
def test_what_cannot_be_understood_is_no_consent(store: ConsentStore, harm: str) -> None:
    store.grant("kim", "1", NOTICE, 60)
    content = store.path.read_bytes()
    match harm:
        case "text":
            store.path.write_text("kim agreed, really" * 500)
        case "another":
            change(store, "PRAGMA application_id = 7")
        case "newer":
            change(store, "PRAGMA user_version = 9")
        case "row":
            change(store, "UPDATE receipts SET granted_at = 'yesterday'")
        case "pages":
            store.path.write_bytes(content[:100] + bytes(len(content) - 100))
    for question in (lambda: store.of("kim"), store.consents, lambda: store.begin("kim", store.path, None)):
        with pytest.raises(NoConsent, match="is damaged"):
            question()


def test_no_file_and_an_empty_one_hold_no_consent(store: ConsentStore) -> None:
    assert (store.consents(), store.receipts(), store.find("kim")) == ([], [], None)
    assert not store.path.exists()
    store.grant("kim", "1", NOTICE, 60)
    store.path.write_bytes(b"")
    assert store.find("kim") is None
    store.path.unlink()
    assert store.find("kim") is None


def test_a_held_store_is_no_consent_either(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CannotWrite, match="held by another program"):
            store.of("kim")


def test_it_is_private_and_follows_no_link(store: ConsentStore, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store.grant("kim", "1", NOTICE, 60)
        with store.erasing(0):
            pass
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    beside = store.path.with_name("consent.sqlite-journal")
    beside.unlink(missing_ok=True)
    beside.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfiguration, match="symbolic link"):
        store.of("kim")
    beside.unlink()
    store.path.rename(tmp_path / "real")
    store.path.symlink_to(tmp_path / "real")
    with pytest.raises(BadConfiguration, match="symbolic link"):
        store.end("kim", ConsentState.WITHDRAWN)


@pytest.mark.parametrize("until_s", [1e300, 10 + 25 * 3600.0])
def test_a_consent_longer_than_one_can_be_given_is_a_damaged_file(tmp_path: Path, until_s: float) -> None:
    store = ConsentStore(tmp_path / "consent.sqlite", tick_s=lambda: 10.0)
    with pytest.raises(UsageError, match="cannot last"):
        store.grant("ann", "1", NOTICE, MOST_S + 1)
    assert store.grant("kim", "1", NOTICE, MOST_S).valid
    change(store, f"UPDATE sessions SET until_tick_s = {until_s}")
    with pytest.raises(NoConsent, match="is damaged"):
        store.of("kim")


def test_another_users_store_is_refused(store: ConsentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.grant("kim", "1", NOTICE, 60)
    monkeypatch.setattr(os, "geteuid", lambda: store.path.stat().st_uid + 1)
    with pytest.raises(BadConfiguration, match="another user"):
        store.of("kim")


def test_lines_are_erased_from_every_file_of_a_kind_and_from_no_other(tmp_path: Path) -> None:
    lines = tmp_path / "l.jsonl"
    kim, ann = '{"session": "kim", "a": 1}\n', '{"session": "ann", "quoted": "kim"}\n'
    for name in ("l.jsonl", "l.jsonl.2026-03-01", "l.jsonl.2026-03-01.2", "l.jsonl.backup"):
        (tmp_path / name).write_text(kim + ann + kim)
    with lines.open() as reader:
        erased = delete_session("kim", tmp_path / "no-journal", lines)
        assert "kim" not in reader.read().strip("\0")  # who still has it open reads nothing of it
    assert erased.lines == 6
    for name in ("l.jsonl", "l.jsonl.2026-03-01", "l.jsonl.2026-03-01.2"):
        assert (tmp_path / name).read_text() == ann
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "l.jsonl.backup").read_text() == kim + ann + kim
    assert len([*tmp_path.iterdir()]) == 4


def test_what_cannot_be_erased_here_is_erased_there(tmp_path: Path) -> None:
    (tmp_path / "j").write_text("no journal")
    (tmp_path / "j.corrupt.20260301T000000Z").write_text("kim")
    (tmp_path / "l.jsonl").write_text('{"session": "kim"}\n')
    with pytest.raises(CannotWrite, match="not a journal"):
        delete_session("kim", tmp_path / "j", tmp_path / "l.jsonl")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"j": "no journal", "l.jsonl": ""}


def test_lines_that_a_program_writes_are_not_taken_from_under_it(tmp_path: Path) -> None:
    from edge.journal.lines.jsonl import JsonLines

    lines = tmp_path / "l.jsonl"
    lines.write_text('{"session": "kim"}\n')
    with JsonLines.open(str(lines)), pytest.raises(CannotWrite, match="being written"):
        delete_session("kim", tmp_path / "no-journal", lines)


@pytest.mark.parametrize("then", ["withdrawn", "forgotten", "removed", "granted anew"])
def test_a_copy_of_the_file_brings_no_consent_back(store: ConsentStore, then: str) -> None:
    store.grant("kim", "1", NOTICE, 60)
    copy = store.path.read_bytes()
    store.end("kim", ConsentState.WITHDRAWN)
    if then != "withdrawn":
        store.forget("kim")
    if then in ("removed", "granted anew"):
        store.path.unlink()
        assert store.find("kim") is None
    if then == "granted anew":
        store.grant("ann", "1", NOTICE, 60)
    store.path.write_bytes(copy)
    for look in (store.find, store.of):
        with pytest.raises(NoConsent, match="an older copy, or another booth's"):
            look("kim")
    with pytest.raises(NoConsent, match="an older copy"):
        store.grant("bob", "1", NOTICE, 60)
    store.path.unlink()  # as the error says
    assert store.grant("bob", "1", NOTICE, 60).valid


def test_another_booths_file_is_none_of_here(store: ConsentStore, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = ConsentStore(tmp_path / "other" / "consent.sqlite", tick_s=store._tick_s, boot=store._boot)
    for _ in range(2):
        other.grant(f"kim-{_}", "1", NOTICE, 60)
    store.grant("ann", "1", NOTICE, 60)
    store.path.write_bytes(other.path.read_bytes())
    with pytest.raises(NoConsent, match="another booth's"):
        store.consents()


def test_a_file_of_an_earlier_version_is_counted_from_its_first_change_on(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    change(store, "DROP TABLE changes")
    count = store.path.with_name("consent.sqlite.count")
    count.unlink()
    old = store.path.read_bytes()
    assert store.of("kim").valid
    store.end("kim", ConsentState.WITHDRAWN)
    assert store.path.with_name("consent.sqlite.count").stat().st_mode & 0o777 == 0o600
    store.path.write_bytes(old)
    with pytest.raises(NoConsent, match="an older copy"):
        store.of("kim")


def test_a_change_that_was_not_noted_beside_the_file_is_no_copy(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    count = store.path.with_name("consent.sqlite.count")
    before = count.read_bytes()
    store.end("kim", ConsentState.ENDED)
    count.write_bytes(before)  # the power failed between the two
    assert store.of("kim").state is ConsentState.ENDED
    count.write_text("garbage")
    with pytest.raises(NoConsent, match="holds no count"):
        store.of("kim")


def test_a_consent_of_a_second_is_one_and_of_no_time_is_none(store: ConsentStore) -> None:
    assert store.grant("kim", "1", NOTICE, 1).left_s == 1
    with pytest.raises(UsageError):
        store.grant("alex", "1", NOTICE, 0)


def test_what_is_erased_lies_in_no_other_file_of_the_database(store: ConsentStore) -> None:
    store.grant("kim", "1", NOTICE, 60)
    with ConsentFile(store.path).opened() as connection:
        settings = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "temp_store")]
    assert settings == ["persist", 2]  # 2: in memory
