"""The copy of a journal from before an update: what it is for, and that nothing outlives the journal in it."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.journals.journal import app
from edge.core.errors import BadConfiguration, CannotWrite, SourceNotFound
from edge.journal import schema
from edge.journal.deletion import delete_by_hand, delete_expired, delete_session, is_kept
from edge.journal.file import backup
from edge.journal.file.former import KEPT, former_copies, restore_former
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Seal, new_key
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEWER = (*schema.MIGRATIONS, "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;")


@pytest.fixture
def journal(tmp_path: Path, summaries) -> Path:
    """Sessions of three people, a day apart, written by this version."""
    path = tmp_path / "j.sqlite"
    for day, name in enumerate(("kim", "ann", "bob")):
        at = NOON + timedelta(days=day)
        with Journal.open(path) as opened:
            opened.begin(name, started_at=at, window_s=2.0, software="0.1", source="camera 0", clock_synchronised=True)
            for summary in summaries(name, 3, at):
                opened.write(summary)
    return path


@pytest.fixture
def updated(journal: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, opened by a newer version."""
    for module in ("edge.journal.schema", "edge.journal.file.opening"):
        monkeypatch.setattr(f"{module}.MIGRATIONS", NEWER)
    with Journal.open(journal):
        pass
    return journal


def copy_of(journal: Path) -> Path:
    ((place, _),) = former_copies(journal)
    return place


def names(place: Path) -> list[str]:
    with closing(sqlite3.connect(place)) as copied:
        assert copied.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [name for (name,) in copied.execute("SELECT name FROM sessions ORDER BY id")]


def rows(place: Path) -> int:
    with closing(sqlite3.connect(place)) as copied:
        (count,) = copied.execute("SELECT count(*) FROM summaries").fetchone()
        return int(count)


def test_a_copy_is_made_before_the_tables_change_and_the_log_says_so(
    updated: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ((copy, at),) = former_copies(updated)
    assert abs(datetime.now(UTC) - at) < timedelta(hours=1)
    assert f"{updated.name}.before-{len(NEWER)}." in copy.name
    assert (names(copy), rows(copy)) == (["kim", "ann", "bob"], 12)
    assert copy.stat().st_mode & 0o777 == 0o600
    (logged,) = (record.getMessage() for record in caplog.get_records("setup"))
    assert f"from version {len(NEWER) - 1} to {len(NEWER)}. As it was before it is in {copy.name}," in logged
    with Journal.open(updated):
        pass
    assert copy_of(updated) == copy, "a journal that is up to date is not copied"


def test_the_former_program_names_the_way_back_and_goes_it(
    updated: Path, monkeypatch: pytest.MonkeyPatch, summaries
) -> None:
    with Journal.open(updated) as opened:
        opened.begin("zoe", started_at=NOON, window_s=2.0, software="0.2")
        opened.write(*summaries("zoe", 1))
    monkeypatch.undo()
    with pytest.raises(BadConfiguration, match=f"edge-journal restore {updated}"), Journal.open(updated):
        pass
    done = CliRunner().invoke(app, ["restore", str(updated)])
    assert done.exit_code == 0, done.output
    with Journal.open(updated), JournalReader.open(updated) as reader:
        assert [record.name for record in reader.sessions()] == ["kim", "ann", "bob"]
    assert former_copies(updated) == []
    left = [path for path in updated.parent.iterdir() if b"zoe" in path.read_bytes()]
    assert left == [], "what was recorded since is in no file"


def test_a_journal_that_is_written_is_not_replaced(updated: Path) -> None:
    with Journal.open(updated), pytest.raises(CannotWrite, match="being written"):
        restore_former(updated)
    assert copy_of(updated)


def test_without_a_copy_there_is_no_way_back(journal: Path) -> None:
    with pytest.raises(SourceNotFound, match="no copy"):
        restore_former(journal)
    assert names(journal) == ["kim", "ann", "bob"]


def test_a_withdrawal_reaches_the_copy(updated: Path) -> None:
    copy = copy_of(updated)
    delete_session("ann", updated, None)
    assert not is_kept("ann", updated, None)
    assert names(copy) == ["kim", "bob"]
    assert b"ann" not in copy.read_bytes()
    assert b"2026-03-02T12:00" not in copy.read_bytes()


def test_a_session_that_is_left_in_the_copy_alone_is_kept_until_it_is_erased(updated: Path) -> None:
    """As where a withdrawal was killed between the two."""
    with closing(sqlite3.connect(updated)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM sessions WHERE name = 'ann'")
        connection.commit()
    assert is_kept("ann", updated, None)
    delete_session("ann", updated, None)
    assert not is_kept("ann", updated, None)


@pytest.mark.parametrize("sealed", [False, True])
def test_retention_reaches_the_copy(updated: Path, sealed: bool) -> None:
    copy, now = copy_of(updated), datetime.now(UTC)
    if sealed:
        delete_by_hand(updated, before=NOON + timedelta(days=1, hours=1))
    else:
        with Journal.open(updated) as opened:
            delete_expired(opened, NOON + timedelta(days=1, hours=1), now)
    assert (names(copy), rows(copy)) == (["bob"], 4)
    assert b"2026-03-01T12:00" not in copy.read_bytes()


@pytest.mark.parametrize("sealed", [False, True])
def test_windows_of_a_session_that_goes_on_leave_the_copy_one_by_one(
    tmp_path: Path, summaries, request: pytest.FixtureRequest, sealed: bool
) -> None:
    seal = Seal.to([new_key(tmp_path / "key")]) if sealed else None
    with Journal.open(tmp_path / "j.sqlite", seal) as opened:
        opened.begin("zoe", started_at=NOON + timedelta(days=3), window_s=2.0, software="0.1")
        opened.write(*summaries("zoe", 3, NOON + timedelta(days=3)))
    updated: Path = request.getfixturevalue("updated")
    delete_by_hand(updated, before=NOON + timedelta(days=3, seconds=4))
    with closing(sqlite3.connect(copy_of(updated))) as copied:
        assert copied.execute("SELECT sequence FROM kept ORDER BY sequence").fetchall() == [(2,), (3,)]


def test_the_newest_copy_is_the_way_back(updated: Path) -> None:
    newest = copy_of(updated)
    older = updated.with_name(f"{updated.name}.before-9.20260101T000000Z")
    older.write_bytes(b"of a time long ago")
    assert restore_former(updated) == newest


def test_a_damaged_copy_goes_with_the_first_deletion(updated: Path) -> None:
    copy = copy_of(updated)
    copy.write_bytes(b"SQLite format 3\0" + bytes(4000))
    assert is_kept("nothing-of-it", updated, None), "nothing is known of what is in it"
    delete_by_hand(updated, session="kim")
    assert former_copies(updated) == []


def test_after_some_days_the_copy_goes(updated: Path) -> None:
    young, old = datetime.now(UTC) - KEPT + timedelta(hours=1), datetime.now(UTC) - KEPT - timedelta(hours=1)
    for at, there in ((young, True), (old, False)):
        copy = copy_of(updated)
        copy.rename(copy.with_name(f"{copy.name.rpartition('.')[0]}.{at:%Y%m%dT%H%M%SZ}"))
        with Journal.open(updated):
            pass
        assert bool(former_copies(updated)) == there


def test_without_room_for_a_copy_the_journal_goes_on_and_an_error_is_logged(
    journal: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(backup, "open_private", full)
    request.getfixturevalue("updated")
    assert former_copies(journal) == []
    assert "cannot be brought back" in caplog.text
    assert names(journal) == ["kim", "ann", "bob"]
