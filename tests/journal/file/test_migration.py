"""Journals of earlier versions go on under this one; a migration that fails leaves it whole."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.core.choices.purpose import Purpose
from edge.core.errors import BadConfiguration, CannotWrite, SourceNotFound
from edge.core.sessions import SessionState
from edge.journal import schema
from edge.journal.file.former import former_copies
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

FIRST = """
PRAGMA application_id = 1701078885;
PRAGMA user_version = 1;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'interrupted')),
    started_at TEXT NOT NULL, window_s REAL NOT NULL, software TEXT NOT NULL, source TEXT
) STRICT;
CREATE INDEX sessions_by_name ON sessions (name);
CREATE TABLE summaries (
    id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('window', 'session')), sequence INTEGER NOT NULL, started_at TEXT NOT NULL,
    length_s REAL NOT NULL, frames_read INTEGER NOT NULL, frames_dropped INTEGER NOT NULL,
    readable_share REAL NOT NULL, unreadable TEXT NOT NULL CHECK (json_valid(unreadable)),
    emotions TEXT NOT NULL CHECK (json_valid(emotions)), levels TEXT NOT NULL CHECK (json_valid(levels)),
    score_mean REAL, score_sd REAL, level_changes_per_minute REAL, confidence_mean REAL,
    others_max INTEGER NOT NULL, others_share REAL NOT NULL, UNIQUE (session_id, kind, sequence)
) STRICT;
CREATE UNIQUE INDEX one_summary_a_session ON summaries (session_id) WHERE kind = 'session';
INSERT INTO sessions (name, state, started_at, window_s, software) VALUES
    ('old', 'complete', '2026-02-01T09:00:00.000000Z', 10, 'edge-expressiveness 0.1.0'),
    ('cut', 'open', '2026-02-02T09:00:00.000000Z', 10, 'edge-expressiveness 0.1.0');
"""
ROW = """INSERT INTO summaries (session_id, kind, sequence, started_at, length_s, frames_read, frames_dropped,
    readable_share, unreadable, emotions, levels, others_max, others_share)
    VALUES (?, ?, ?, ?, 10, 300, 0, 0, '{"no_face": 1.0}', '{}', '{}', 0, 0)"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST)
        connection.execute("PRAGMA journal_mode = WAL")
        for session, day in ((1, "01"), (2, "02")):
            for sequence in range(2):
                connection.execute(ROW, (session, "window", sequence, f"2026-02-{day}T09:00:{sequence}0.000000Z"))
        connection.execute(ROW, (1, "session", 2, "2026-02-01T09:00:00.000000Z"))
        connection.commit()
    return path


def test_a_journal_of_the_first_version_goes_on(path, summaries):
    with pytest.raises(SourceNotFound, match="older version"), JournalReader.open(path):
        pass
    with Journal.open(path) as journal:
        journal.begin("new", started_at=datetime(2026, 3, 1, tzinfo=UTC), window_s=2.0, software="2", boot_id="b")
        for summary in summaries("new", 2):
            journal.write(summary)
    with JournalReader.open(path) as reader:
        old, cut, new = reader.sessions()
        assert reader.notices() == []
        assert [(window.sequence, window.gaps) for window in reader.windows(old.id)] == [(0, {}), (1, {})]
    assert (old.state, old.windows, old.boot_id, old.clock_synchronised) == (SessionState.COMPLETE, 2, None, None)
    assert old.summary is not None
    assert (old.summary.summaries_lost, old.summary.started_tick_s) == (0, None)
    assert cut.state == SessionState.INTERRUPTED
    assert cut.ended_at == datetime(2026, 2, 2, 9, 0, 20, tzinfo=UTC)
    assert (new.name, new.windows, new.boot_id) == ("new", 2, "b")
    assert len(former_copies(path)) == 1, "the way back to the first version"


def test_a_journal_of_the_second_version_goes_on(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:2])
        connection.execute("UPDATE sessions SET boot_id = 'b', clock_synchronised = 1")
        read = """readable_share = 1, gaps = '{"camera_lost": 2.5}', emotions = '{"happy": 1.0}'"""
        connection.execute(f"UPDATE summaries SET {read}")
        connection.execute("INSERT INTO notices (noticed_at, text) VALUES ('2026-02-03T00:00:00Z', 'kept')")
    with Journal.open(path) as journal:
        journal.begin(
            "new", started_at=datetime(2026, 3, 1, tzinfo=UTC), window_s=2.0, software="3", purpose=Purpose.ASSESSMENT
        )
    with JournalReader.open(path) as reader:
        old, cut, new = reader.sessions()
        assert [notice.text for notice in reader.notices()] == ["kept"]
        windows = list(reader.windows(old.id))
    assert [(window.gaps, window.emotions) for window in windows] == [({"camera_lost": 2.5}, {"happy": 1.0})] * 2
    assert (old.boot_id, old.clock_synchronised, cut.state) == ("b", True, SessionState.INTERRUPTED)
    assert (old.purpose, cut.purpose, new.purpose) == (None, None, Purpose.ASSESSMENT)


def _rows(path, without=()):
    """Every row of every table, as a mapping from columns to values."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [
                {name: row[name] for name in row.keys() if name not in without}  # noqa: SIM118
                for row in connection.execute(f"SELECT * FROM {table}")
            ]
            for table in ("sessions", "summaries", "sealed_summaries", "notices")
        }


def test_a_journal_of_the_fifth_version_loses_nothing_and_takes_recordings_without_a_date(path, summaries):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:5])
        connection.execute("UPDATE sessions SET state = 'complete', clock_synchronised = 1")
        connection.execute("INSERT INTO notices (noticed_at, text) VALUES ('2026-02-03T00:00:00Z', 'kept')")
        sealed = "'2026-02-02T09:00:00.000000Z', 10, 0, 10, '-----BEGIN AGE ENCRYPTED FILE-----'"
        connection.execute(f"INSERT INTO sealed_summaries VALUES (9, 2, 'window', 2, {sealed})")
    before = _rows(path)
    with Journal.open(path) as journal:
        later = ["written_at", "truncated", "emotion_means", "score_change", "emotion_changes", "insights"]
        later += ["participant", "question", "segment", "fingerprint"]
        assert _rows(path, without=later) == before
        journal.begin("tape", started_at=None, window_s=2.0, software="6", recorded=True)
        for summary in summaries("tape", 2):
            journal.write(replace(summary, started_at=None))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
            connection.execute("UPDATE sessions SET software = NULL")
    with Journal.open(path) as journal:
        old, cut, tape = journal.sessions()
        assert [window.started_at for window in journal.windows(tape.id)] == [None, None]
    assert (old.recorded, cut.recorded, tape.recorded) == (False, False, True)
    assert (tape.started_at, tape.ended_at, tape.state) == (None, None, SessionState.COMPLETE)
    assert tape.written_at is not None


@pytest.mark.parametrize("step", [1, 5])
def test_a_migration_that_fails_leaves_the_old_journal_whole(path, monkeypatch, step):
    def kept():
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump()), connection.execute("PRAGMA user_version").fetchone()

    broken = schema.MIGRATIONS[step] + "UPDATE sessions SET name = 'gone'; CREATE TABLE sessions (a);"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:step])
    before = kept()
    monkeypatch.setattr("edge.journal.file.opening.MIGRATIONS", (*schema.MIGRATIONS[:step], broken))
    with pytest.raises(CannotWrite, match="already exists"), Journal.open(path):
        pass
    assert kept() == before
    assert [place.name for place in path.parent.glob("*.corrupt.*")] == []
    monkeypatch.undo()
    with Journal.open(path) as journal:
        assert [session.name for session in journal.sessions()] == ["old", "cut"]


def test_a_newer_journal_is_refused_and_left_as_it_is(path):
    with Journal.open(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(BadConfiguration, match="newer version") as caught, Journal.open(path):
        pass
    assert caught.value.exit_code == 78, "a service that is started again and again would not mend it"
    with pytest.raises(SourceNotFound, match="newer version"), JournalReader.open(path):
        pass
    assert path.read_bytes() == before
