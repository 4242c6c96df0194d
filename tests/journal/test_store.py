import os
import re
import sqlite3
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge.core.errors import BadConfiguration, CannotWrite, SourceNotFound, UsageError
from edge.core.sessions import SessionState
from edge.core.windowing.merging import merge
from edge.journal import schema
from edge.journal.file.location import default_journal
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def begin(journal, name="s", source="camera 0"):
    return journal.begin(name, started_at=NOON, window_s=2.0, software="0.1", source=source)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "journal.sqlite"


def test_what_was_written_is_read_back_exactly(path, summaries):
    written = summaries("s", 3)
    with Journal.open(path) as journal:
        begin(journal)
        for summary in written:
            journal.write(summary)
    with JournalReader.open(path) as reader:
        (session,) = reader.sessions()
        assert [*reader.windows(session.id), session.summary] == written
    assert (session.name, session.state, session.windows) == ("s", SessionState.COMPLETE, 3)
    assert (session.started_at, session.window_s, session.software, session.source) == (NOON, 2.0, "0.1", "camera 0")


def test_a_name_may_occur_again(path, summaries):
    for count in (1, 2):
        with Journal.open(path) as journal:
            begin(journal)
            for summary in summaries("s", count):
                journal.write(summary)
    with JournalReader.open(path) as reader:
        assert [(session.name, session.windows) for session in reader.sessions()] == [("s", 1), ("s", 2)]
        assert [len(list(reader.windows(session.id))) for session in reader.sessions()] == [1, 2]


def test_an_open_session_is_reported_so_far_while_it_is_written(path, summaries):
    *windows, last = summaries("s", 4)
    with Journal.open(path) as journal, JournalReader.open(path) as reader:
        begin(journal)
        assert [(session.state, session.summary) for session in reader.sessions()] == [(SessionState.OPEN, None)]
        for number, window in enumerate(windows, start=1):
            journal.write(window)
            (session,) = reader.sessions()
            assert (session.state, session.windows) == (SessionState.OPEN, number)
            assert session.summary == merge(windows[:number])
        journal.write(last)
        assert reader.sessions()[0].state == SessionState.COMPLETE


def test_a_session_left_open_is_closed_as_interrupted_with_what_there_is(path, summaries):
    windows = summaries("s", 4)[:-1]
    with Journal.open(path) as journal:
        begin(journal)
        for window in windows:
            journal.write(window)
    with Journal.open(path) as journal:
        begin(journal, "empty")
    with Journal.open(path) as journal:
        first, empty = journal.sessions()
    assert (first.state, first.summary) == (SessionState.INTERRUPTED, merge(windows))
    assert (empty.state, empty.summary, empty.windows) == (SessionState.INTERRUPTED, None, 0)


def test_a_long_session_left_open_is_summed_up_by_its_reader(path, summaries, monkeypatch):
    """So that a camera does not wait for a month of windows to be merged."""
    monkeypatch.setattr("edge.journal.store._MERGED_AT_START", 3)
    windows = summaries("s", 4)[:-1]
    with Journal.open(path) as journal:
        begin(journal)
        journal.write(*windows)
    with Journal.open(path) as journal:
        (session,) = journal.sessions()
        assert (session.state, session.summary) == (SessionState.INTERRUPTED, merge(windows))
        kinds = journal._connection.execute("SELECT DISTINCT kind FROM summaries").fetchall()
        assert [tuple(kind) for kind in kinds] == [("window",)]


def test_a_connection_that_broke_is_opened_again(path, summaries):
    first, second, last = summaries("s", 2)
    with Journal.open(path) as journal:
        begin(journal)
        journal.write(first)
        journal._connection.close()
        with pytest.raises(CannotWrite, match="was not written"):
            journal.write(second)
        journal.write(second, last)
        (session,) = journal.sessions()
        assert [*journal.windows(session.id), session.summary] == [first, second, last]


def test_a_summary_whose_commit_was_doubtful_may_come_twice(path, summaries):
    first, second, last = summaries("s", 2)
    with Journal.open(path) as journal:
        begin(journal)
        journal.write(first)
        journal.write(first, second, last)
        (session,) = journal.sessions()
        assert [*journal.windows(session.id), session.summary] == [first, second, last]


def test_only_summaries_of_the_open_session_are_taken(path, summaries):
    window, *_ = summaries("s", 1)
    with Journal.open(path) as journal:
        with pytest.raises(ValueError, match="no session s is open"):
            journal.write(window)
        begin(journal, "other")
        with pytest.raises(ValueError, match="no session s is open"):
            journal.write(window)
        with pytest.raises(ValueError, match="still open"):
            begin(journal)


@pytest.mark.parametrize("name", ["", "a b", "../x", "a" * 65, "é", "a\n", "=1+1"])
def test_hostile_session_names(path, name):
    with Journal.open(path) as journal, pytest.raises(UsageError, match="cannot be called"):
        begin(journal, name)


def test_everything_is_private_under_umask_zero(path, summaries):
    before = os.umask(0)
    try:
        with Journal.open(path) as journal:
            begin(journal)
            journal.write(summaries("s", 1)[0])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys([f"journal.sqlite{end}" for end in ("", "-wal", "-shm", ".lock")], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_writer_is_refused_until_the_first_is_gone(path):
    with (
        Journal.open(path),
        pytest.raises(CannotWrite, match="is being written by another edge-run"),
        Journal.open(path),
    ):
        pass
    with Journal.open(path):
        pass


def refused(path, match, error=CannotWrite):
    with pytest.raises(error, match=match) as caught, Journal.open(path):
        pass
    assert caught.value.exit_code == (74 if error is CannotWrite else 78)
    for sentence in (caught.value.happened, caught.value.fix):
        assert re.fullmatch(r"[A-Z/].*\.", sentence)


def test_places_that_hold_no_journal(tmp_path):
    refused(tmp_path, "is a folder")
    file = tmp_path / "file"
    file.write_text("")
    refused(file / "journal.sqlite", "lies below something that is no folder")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refused(pipe, "is a device or a pipe")


def test_a_symbolic_link_is_not_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    refused(link, "is a symbolic link", BadConfiguration)
    assert not target.exists()


@pytest.mark.parametrize("bytes_of_it", [b"hello", b"\x89PNG" * 3000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_another_file_is_left_as_it_is(tmp_path, bytes_of_it):
    file = tmp_path / "mine"
    file.write_bytes(bytes_of_it)
    refused(file, "not a journal", BadConfiguration)
    assert file.read_bytes() == bytes_of_it
    with pytest.raises(SourceNotFound, match=r"not a journal|damaged"), JournalReader.open(file):
        pass


def test_another_programs_database_is_left_as_it_is(tmp_path):
    file = tmp_path / "other.sqlite"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.commit()
    other.close()
    before = file.read_bytes()
    refused(file, "not a journal", BadConfiguration)
    assert file.read_bytes() == before


def test_a_folder_without_permission(ordinary_user, summaries):
    path = ordinary_user / "journal.sqlite"
    with Journal.open(path) as journal:
        begin(journal)
        for summary in summaries("s", 2):
            journal.write(summary)
    path.with_name("journal.sqlite.lock").unlink()
    ordinary_user.chmod(0o500)
    refused(path, "may not be written")
    refused(ordinary_user / "new" / "journal.sqlite", "may not be written")
    with JournalReader.open(path) as reader:
        assert reader.sessions()[0].windows == 2
    ordinary_user.chmod(0o700)


def test_a_missing_journal_is_not_created_by_reading(path):
    with pytest.raises(SourceNotFound, match="There is no journal at") as caught, JournalReader.open(path):
        pass
    assert caught.value.exit_code == 66
    assert not path.parent.exists()


def test_the_schema_has_room_for_figures_and_labels_alone(path):
    with Journal.open(path):
        pass
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = [row for table in tables for row in connection.execute(f"PRAGMA table_xinfo({table})")]
    assert {row[2] for row in columns if row[1] not in ("name", "seq")} <= {"INTEGER", "REAL", "TEXT"}
    strict = {row[1]: row[5] for row in connection.execute("PRAGMA table_list")}
    assert strict["sessions"] == strict["summaries"] == 1
    with pytest.raises(sqlite3.IntegrityError, match="BLOB"):
        connection.execute(
            "INSERT INTO sessions VALUES (1, x'00', 'open', '', 1, '', '', '', 1, '', '', '', '', '', '')"
        )


def test_it_is_durable_and_deletes_for_good(path):
    with Journal.open(path) as journal:
        settings = {
            name: journal._connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


def test_a_newer_journal_is_refused(path):
    with Journal.open(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused(path, "newer version", BadConfiguration)
    with pytest.raises(SourceNotFound, match="newer version"), JournalReader.open(path):
        pass


def test_a_migration_that_fails_changes_nothing(tmp_path):
    connection = sqlite3.connect(tmp_path / "j", isolation_level=None)
    schema.migrate(connection, schema.MIGRATIONS)
    now = len(schema.MIGRATIONS)
    later = [*schema.MIGRATIONS, "ALTER TABLE sessions ADD COLUMN x TEXT", "CREATE TABLE x (a); SELECT nonsense"]
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, later)
    assert connection.execute("PRAGMA user_version").fetchone() == (now + 1,)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'x'").fetchone() == (0,)
    schema.migrate(connection, [*later[:-1], "CREATE TABLE x (a)"])
    assert connection.execute("PRAGMA user_version").fetchone() == (now + 2,)
    connection.close()


def test_a_full_disk_keeps_what_was_committed_and_goes_on_when_there_is_room(path, summaries):
    written = summaries("s", 40)
    with Journal.open(path) as journal:
        begin(journal)
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite says SQLITE_FULL at this limit
        committed = 0
        with suppress(CannotWrite):
            for summary in written:
                journal.write(summary)
                committed += 1
        assert 0 < committed < len(written)
        with pytest.raises(CannotWrite, match="is full"):
            journal.write(written[committed])
        assert journal.sessions()[0].windows == committed
        journal._connection.execute("PRAGMA max_page_count = 100000")
        for summary in written[committed:]:
            journal.write(summary)
    with JournalReader.open(path) as reader:
        (session,) = reader.sessions()
        assert [*reader.windows(session.id), session.summary] == written


def test_a_foreign_row_is_reported_and_does_not_stop_a_recording(path, summaries):
    with Journal.open(path) as journal:
        begin(journal)
        journal.write(summaries("s", 1)[0])
    connection = sqlite3.connect(path)
    connection.execute("UPDATE summaries SET levels = '[]', started_at = 'yesterday'")
    connection.commit()
    connection.close()
    with pytest.raises(SourceNotFound, match="no summary"), JournalReader.open(path) as reader:
        reader.sessions()
    with Journal.open(path) as journal:
        assert begin(journal) == 2


def test_the_default_place(monkeypatch, tmp_path):
    monkeypatch.delenv("EDGE_JOURNAL", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_journal() == tmp_path / "edge" / "journal.sqlite"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_journal() == tmp_path / ".local" / "state" / "edge" / "journal.sqlite"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_journal() == tmp_path / ".local" / "state" / "edge" / "journal.sqlite"
    monkeypatch.setenv("EDGE_JOURNAL", str(tmp_path / "named"))
    assert default_journal() == tmp_path / "named"


def test_corrected_dates_go_with_the_session_into_a_new_journal(tmp_path, summaries):
    path, right = tmp_path / "j", datetime(2026, 5, 1, 9, 30, 0, 250_000, tzinfo=UTC)
    windows = summaries("s", 3)[:3]
    reference = replace(windows[2], started_at=right)
    with Journal.open(path) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0", clock_synchronised=False)
        journal.correct_dates(reference)
        (session,) = journal.sessions()
        assert (session.started_at, session.clock_synchronised) == (right, True)
        journal.correct_dates(replace(reference, started_at=None))
        (session,) = journal.sessions()
        assert session.started_at == right, "a reference without a date says nothing"
        journal.write(windows[0])
        journal.correct_dates(reference)
        (session,) = journal.sessions()
        assert (session.started_at, session.clock_synchronised) == (right - timedelta(seconds=4), True)
        path.unlink()
        journal.write(windows[1])
        (session,) = journal.sessions()
        assert (session.started_at, session.clock_synchronised) == (right - timedelta(seconds=4), True)
    with Journal.open(path) as journal, pytest.raises(ValueError, match="no session is open"):
        journal.correct_dates(reference)
