"""The journal's tables: figures and labels, no BLOB, and the steps from each version of them to the next."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

APPLICATION_ID: Final = 0x65646765  # "edge": tells a journal from any other SQLite file

# Shares are JSON text, not rows of their own: a summary is one row and one write, a further label needs no migration,
# and a query still reaches them, as in json_extract(emotions, '$.happy').
_FIRST: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'interrupted')),
    started_at TEXT NOT NULL,
    window_s REAL NOT NULL,
    software TEXT NOT NULL,
    source TEXT
) STRICT;
CREATE INDEX sessions_by_name ON sessions (name);
CREATE TABLE summaries (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('window', 'session')),
    sequence INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    length_s REAL NOT NULL,
    frames_read INTEGER NOT NULL,
    frames_dropped INTEGER NOT NULL,
    readable_share REAL NOT NULL,
    unreadable TEXT NOT NULL CHECK (json_valid(unreadable)),
    emotions TEXT NOT NULL CHECK (json_valid(emotions)),
    levels TEXT NOT NULL CHECK (json_valid(levels)),
    score_mean REAL,
    score_sd REAL,
    level_changes_per_minute REAL,
    confidence_mean REAL,
    others_max INTEGER NOT NULL,
    others_share REAL NOT NULL,
    UNIQUE (session_id, kind, sequence)
) STRICT;
CREATE UNIQUE INDEX one_summary_a_session ON summaries (session_id) WHERE kind = 'session';
"""

MIGRATIONS: Final[Sequence[str]] = (_FIRST,)  # the n-th leads from version n to n + 1; ; ends statements alone


class NotAJournal(Exception):
    """A SQLite file of another program."""


class NewerJournal(Exception):
    """A journal that a later version of this program wrote."""


def version_of(connection: sqlite3.Connection) -> int:
    """The schema's version, 0 for an empty file; raises NotAJournal or NewerJournal."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or version):
        raise NotAJournal
    if version > len(MIGRATIONS):
        raise NewerJournal
    return int(version)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the tables up to date, each step in a transaction of its own with its version number."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for reached, script in enumerate(migrations[version:], start=version + 1):
        with transaction(connection):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {reached}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is committed together, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself after some errors, as a full disk
            connection.execute("ROLLBACK")
        raise
