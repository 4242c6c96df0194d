"""What is too old is deleted for good; what a wrong clock dated is judged by order, not by its date."""

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from edge.core.errors import CannotWrite, SourceNotFound
from edge.host.files.atomic import part_of
from edge.journal.deletion import delete_by_hand, delete_expired
from edge.journal.lines.jsonl import JsonLines
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def recorded(path, summaries_of):
    """recorded("name", NOON, 3): a session of three windows that begins then."""

    def record(name, at, count=3, *, certain=True, ended=True):
        with Journal.open(path) as journal:
            journal.begin(name, started_at=at, window_s=2.0, software="0.1", clock_synchronised=certain)
            written = [
                replace(summary, started_at=summary.started_at - NOON + at) for summary in summaries_of(name, count)
            ]
            journal.write(*(written if ended else written[:-1]))

    return record


def names(path):
    with JournalReader.open(path) as reader:
        return [session.name for session in reader.sessions()]


def expire(path, before, now):
    with Journal.open(path) as journal:
        return delete_expired(journal, before, now)


def bytes_of(path):
    return b"".join(place.read_bytes() for place in path.parent.glob(f"{path.name}*"))


def test_what_expired_is_gone_to_the_last_byte(path, recorded):
    recorded("canary-of-monday", NOON, 40)
    recorded("today", NOON + 10 * DAY)
    assert b"canary-of-monday" in bytes_of(path)
    assert bytes_of(path).count(b"2026-03-01T12:0") >= 40
    purged = expire(path, NOON + 5 * DAY, NOON + 11 * DAY)
    assert (purged.sessions, purged.summaries) == (1, 41)
    assert names(path) == ["today"]
    left = bytes_of(path)
    assert b"canary-of-monday" not in left
    assert b"2026-03-01" not in left
    assert expire(path, NOON + 5 * DAY, NOON + 11 * DAY).summaries == 0


def test_a_check_that_finds_something_says_so(path, recorded, monkeypatch):
    recorded("old", NOON, 40)
    recorded("new", NOON + 10 * DAY)
    with Journal.open(path) as journal, closing(sqlite3.connect(path)) as reader:
        journal._connection.execute("PRAGMA secure_delete = OFF")
        reader.execute("BEGIN")  # a reader, so that the -wal file may not be emptied
        reader.execute("SELECT count(*) FROM summaries").fetchone()
        with pytest.raises(CannotWrite, match="can still be read in its files"):
            delete_expired(journal, NOON + 5 * DAY, NOON + 11 * DAY)


def test_what_is_deleted_is_overwritten_in_its_place(path, recorded):
    """The file need not be written anew, which takes its size of free room."""
    recorded("canary-of-monday", NOON, 40)
    recorded("new", NOON + 10 * DAY)
    statements: list[str] = []
    with Journal.open(path) as journal:
        journal._connection.set_trace_callback(statements.append)
        delete_expired(journal, NOON + 5 * DAY, NOON + 11 * DAY)
        assert path.with_name(f"{path.name}-wal").stat().st_size == 0
    assert [one for one in statements if one.startswith("DELETE")]
    assert [one for one in statements if one.startswith("VACUUM")] == []
    assert b"2026-03-01" not in bytes_of(path)


def test_a_log_that_another_program_writes_is_not_touched(path, recorded):
    recorded("old", NOON, 4)
    with Journal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        with journal.sound_file() as file:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE sessions SET source = 'written meanwhile'")
            assert file.checkpoint() is False
        other.execute("COMMIT")
        assert other.execute("SELECT source FROM sessions").fetchone() == ("written meanwhile",)
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("SELECT source FROM sessions").fetchone() == ("written meanwhile",)
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_secure_deletion_left_is_rewritten_away(path, recorded):
    recorded("canary-of-monday", NOON, 40)
    recorded("new", NOON + 10 * DAY)
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA secure_delete = OFF")
        delete_expired(journal, NOON + 5 * DAY, NOON + 11 * DAY)
    assert b"2026-03-01" not in bytes_of(path)


def test_the_windows_of_a_session_that_goes_on_expire_one_by_one(path, recorded):
    recorded("long", NOON, 30, ended=False)
    expire(path, NOON + timedelta(seconds=21), NOON + DAY)
    with JournalReader.open(path) as reader:
        (session,) = reader.sessions()
        assert [window.sequence for window in reader.windows(session.id)] == list(range(10, 30))


def test_dates_of_a_clock_that_was_not_set_count_by_their_order(path, recorded):
    recorded("first", NOON)
    recorded("asleep", datetime(2016, 1, 1, tzinfo=UTC), certain=False)
    recorded("second", NOON + 2 * DAY)
    recorded("woken", datetime(2016, 1, 1, tzinfo=UTC), certain=False)
    now = NOON + 3 * DAY
    expire(path, NOON - 30 * DAY, now)
    assert names(path) == ["first", "asleep", "second", "woken"]  # its date is ten years back, and it is an hour old
    expire(path, NOON + DAY, now)
    assert names(path) == ["asleep", "second", "woken"]
    expire(path, NOON + 2.5 * DAY, now)
    assert names(path) == ["woken"]  # its age cannot be known


def test_a_clock_that_went_back_expires_nothing(path, recorded):
    recorded("before", NOON)
    back = NOON - 3650 * DAY
    recorded("after", back)
    expire(path, back - DAY, back + timedelta(minutes=5))
    assert names(path) == ["before", "after"]
    expire(path, back + 30 * DAY, back + 60 * DAY)  # two months later by that clock, both are older than a month
    assert names(path) == []


def test_a_session_without_windows_expires_too(path):
    with Journal.open(path) as journal:
        journal.begin("empty", started_at=NOON, window_s=2.0, software="0.1", clock_synchronised=True)
    assert expire(path, NOON + DAY, NOON + 2 * DAY).sessions == 1
    assert names(path) == []


def test_one_without_windows_and_a_certain_date_goes_with_a_later_one_even_if_that_is_the_last(path, recorded):
    with Journal.open(path) as journal:
        journal.begin("killed", started_at=NOON + 90 * DAY, window_s=2.0, software="0.1", clock_synchronised=False)
    recorded("old", NOON)
    assert expire(path, NOON + DAY, NOON + 2 * DAY).sessions == 2
    assert names(path) == []


def test_damaged_journals_that_were_put_aside_expire(path, recorded):
    recorded("s", NOON)
    for name in ("20260301T120000Z", "20260401T120000Z", "20260301T120000Z.2", "yesterday"):
        path.with_name(f"journal.sqlite.corrupt.{name}").write_text("damaged")
    path.with_name("journal.sqlite.corrupt.20260301T120000Z-wal").write_text("waiting")
    purged = expire(path, NOON + DAY, NOON + 40 * DAY)
    assert len(purged.files) == 2
    left = sorted(place.name for place in path.parent.glob("*corrupt*"))
    assert left == ["journal.sqlite.corrupt.20260401T120000Z", "journal.sqlite.corrupt.yesterday"]


def test_damaged_journals_are_deleted_by_hand_from_their_date_on(path, recorded):
    recorded("s", NOON)
    damaged = path.with_name("journal.sqlite.corrupt.20260301T120000Z")
    damaged.write_text("damaged")
    for before, dry_run, deleted in (
        (NOON, False, ()),
        (NOON + DAY, True, (damaged,)),
        (NOON + DAY, False, (damaged,)),
    ):
        assert delete_by_hand(path, before=before, dry_run=dry_run).files == deleted
        assert damaged.exists() == (dry_run or not deleted)


def test_nothing_to_delete_is_an_error_while_the_log_cannot_be_emptied(path, recorded):
    """What an earlier call deleted may be in it."""
    recorded("s", NOON)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 0")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM sessions").fetchall()
        with closing(sqlite3.connect(path)) as writer:
            writer.execute("UPDATE sessions SET source = 'another'")
            writer.commit()
        assert delete_by_hand(path, before=NOON, dry_run=True).summaries == 0
        with pytest.raises(CannotWrite, match="can still be read"):
            delete_by_hand(path, before=NOON)
    assert delete_by_hand(path, before=NOON).summaries == 0


def test_a_session_is_purged_by_name_while_another_is_recorded(path, recorded, summaries):
    recorded("kim-2", NOON)
    recorded("lee-1", NOON)
    with Journal.open(path) as journal:
        journal.begin("now", started_at=NOON, window_s=2.0, software="0.1")
        first, second, last = summaries("now", 2)
        journal.write(first)
        assert delete_by_hand(path, session="kim-2", dry_run=True).summaries == 4
        assert names(path) == ["kim-2", "lee-1", "now"]
        assert delete_by_hand(path, session="kim-2").summaries == 4
        with pytest.raises(CannotWrite, match="is being recorded"):
            delete_by_hand(path, session="now")
        with pytest.raises(SourceNotFound, match="no session called"):
            delete_by_hand(path, session="kim-2")
        journal.write(second, last)
        with JournalReader.open(path) as reader:
            assert [(session.name, session.windows) for session in reader.sessions()] == [("lee-1", 3), ("now", 2)]
    assert b"kim-2" not in bytes_of(path)


def test_looking_for_bytes_leaves_sqlites_locks_alone(path, recorded):
    """Another program that closes the journal last may empty the -wal file, unless a writer's lock prevents it."""
    recorded("old", NOON)
    recorded("new", NOON + 10 * DAY)
    with Journal.open(path) as journal:
        delete_expired(journal, NOON + DAY, NOON + 11 * DAY)
        ask = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM sessions'); c.close()"
        journal.begin("now", started_at=NOON, window_s=2.0, software="0.1")
        subprocess.run([sys.executable, "-c", ask, path], check=True)
        assert path.with_name("journal.sqlite-wal").exists()
    assert names(path) == ["new", "now"]


def test_what_a_killed_erasure_left_half_written_is_deleted_with_what_is_old(tmp_path):
    journal, lines = tmp_path / "j", tmp_path / "lines.jsonl"
    with Journal.open(journal):
        pass
    left = [
        part_of(lines),
        part_of(tmp_path / "lines.jsonl.2026-03-02"),
        part_of(tmp_path / "lines.jsonl.2026-03-02.2"),
    ]
    being_written = part_of(tmp_path / "lines.jsonl.2026-03-03")
    for place in (*left, being_written):
        place.write_text('{"session": "kim"}')
    for place in left:
        os.utime(place, (time.time() - 7200, time.time() - 7200))
    deleted = delete_by_hand(journal, before=datetime(2026, 3, 1, tzinfo=UTC), lines=lines)
    assert sorted(deleted.files) == sorted(left)
    assert being_written.exists()
    assert not any(place.exists() for place in left)


def test_json_lines_are_deleted_by_whole_files(tmp_path, summaries):
    path = tmp_path / "lines.jsonl"
    first, second, _ = summaries("s", 2)
    with JsonLines.open(str(path)) as lines:
        lines.turn_over(date(2026, 3, 1))
        lines.write(first)
        lines.turn_over(date(2026, 3, 1))
        lines.turn_over(date(2026, 3, 2))
        lines.write(second)
        with open(path) as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    closed = tmp_path / "lines.jsonl.2026-03-02"
    assert [json.loads(place.read_text())["sequence"] for place in (closed, path)] == [0, 1]
    (tmp_path / "lines.jsonl.bak").write_text("mine")
    journal = tmp_path / "j"
    with Journal.open(journal):
        pass
    for day, dry_run, files in ((1, False, ()), (2, True, (closed,)), (2, False, (closed,)), (2, False, ())):
        before = datetime(2026, 3, day, 23, tzinfo=UTC)
        assert delete_by_hand(journal, before=before, lines=path, dry_run=dry_run).files == files
    assert sorted(place.name for place in tmp_path.glob("lines*")) == ["lines.jsonl", "lines.jsonl.bak"]


@pytest.fixture
def tape(path, summaries_of):
    """tape("name", NOON, began): a recording of three windows that is read then, and began then or at no known date."""

    def record(name, read_at, began=None, *, sealed=None):
        with Journal.open(path, sealed, lambda: read_at) as journal:
            journal.begin(name, started_at=began, window_s=2.0, software="6", clock_synchronised=True, recorded=True)
            for summary in summaries_of(name, 3):
                at = summary.started_at - NOON + began if began else None
                journal.write(replace(summary, started_at=at))

    return record


@pytest.mark.parametrize("began", [None, NOON - 700 * DAY])
def test_a_recording_is_kept_for_as_long_as_any_session_from_when_it_was_read(path, recorded, tape, began):
    recorded("live", NOON)
    tape("canary-tape", NOON + DAY, began)
    recorded("later", NOON + 20 * DAY)
    now = NOON + 22 * DAY
    assert expire(path, NOON - DAY, now).summaries == 0
    assert expire(path, NOON + DAY / 2, now).sessions == 1
    assert names(path) == ["canary-tape", "later"]
    assert b"2026-03-02T12:00:00" in bytes_of(path)
    assert expire(path, NOON + 2 * DAY, now).summaries == 4
    assert names(path) == ["later"]
    assert b"canary-tape" not in bytes_of(path)
    assert b"2026-03-02T12:00:00" not in bytes_of(path)


def test_a_purge_by_date_goes_by_the_recordings_own_date_where_it_has_one(path, tape):
    tape("undated", NOON)
    tape("old", NOON, NOON - 700 * DAY)
    assert delete_by_hand(path, before=NOON - 600 * DAY).sessions == 1
    assert names(path) == ["undated"]
    assert delete_by_hand(path, before=NOON + DAY).sessions == 1
    assert names(path) == []
