"""The journal's tables: figures and labels, no BLOB, and the steps from each version of them to the next."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Final

APPLICATION_ID: Final = 0x65646765  # "edge": distinguishes a journal from other SQLite files
_NO_VERSION: Final = 1000  # no version of this program gets so far: such a number is damage

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

# What is known of a session's clock, and of what a summary's time was like; and what happened to the journal itself.
_SECOND: Final = """
ALTER TABLE sessions ADD COLUMN boot_id TEXT;
ALTER TABLE sessions ADD COLUMN clock_synchronised INTEGER CHECK (clock_synchronised IN (0, 1));
ALTER TABLE summaries ADD COLUMN gaps TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(gaps));
ALTER TABLE summaries ADD COLUMN rate_fps REAL;
ALTER TABLE summaries ADD COLUMN started_tick_s REAL;
ALTER TABLE summaries ADD COLUMN ended_tick_s REAL;
ALTER TABLE summaries ADD COLUMN summaries_lost INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    noticed_at TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
"""

# What the session was for. Emotions that were not computed are JSON's null: `emotions` itself stays as it is.
_THIRD: Final = """
ALTER TABLE sessions ADD COLUMN purpose TEXT CHECK (purpose IN ('practice', 'research', 'assessment'));
"""

# Summaries that were sealed: there is no column for a figure. Both kinds of summaries are numbered together, so that
# their order is known, and `kept` has the columns that both have.
_FOURTH: Final = """
CREATE TABLE sealed_summaries (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('window', 'session')),
    sequence INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    length_s REAL NOT NULL,
    started_tick_s REAL,
    ended_tick_s REAL,
    sealed TEXT NOT NULL CHECK (sealed GLOB '-----BEGIN AGE ENCRYPTED FILE-----*'),
    UNIQUE (session_id, kind, sequence)
) STRICT;
CREATE UNIQUE INDEX one_sealed_summary_a_session ON sealed_summaries (session_id) WHERE kind = 'session';
CREATE VIEW kept AS
    SELECT id, session_id, kind, sequence, started_at, length_s, started_tick_s FROM summaries
    UNION ALL
    SELECT id, session_id, kind, sequence, started_at, length_s, started_tick_s FROM sealed_summaries;
"""

# For how long a limit on the frames a second was in force; NULL where that was not measured.
_FIFTH: Final = """
ALTER TABLE summaries ADD COLUMN limited_s REAL;
"""

# Recordings: their dates may be unknown, and retention goes by when they were read; NULL for live sources. NOT NULL is
# removed without writing every row anew: https://www.sqlite.org/lang_altertable.html#otheralter, the second procedure.
_SIXTH: Final = """
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'started_at TEXT NOT NULL', 'started_at TEXT')
    WHERE type = 'table' AND name IN ('sessions', 'summaries', 'sealed_summaries');
PRAGMA writable_schema = RESET;
ALTER TABLE sessions ADD COLUMN written_at TEXT;
ALTER TABLE summaries ADD COLUMN written_at TEXT;
ALTER TABLE summaries ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0 CHECK (truncated IN (0, 1));
ALTER TABLE sealed_summaries ADD COLUMN written_at TEXT;
DROP VIEW kept;
CREATE VIEW kept AS
    SELECT id, session_id, kind, sequence, started_at, length_s, started_tick_s, written_at FROM summaries
    UNION ALL
    SELECT id, session_id, kind, sequence, started_at, length_s, started_tick_s, written_at FROM sealed_summaries;
"""

# Mean probabilities of the emotions, and score and emotions against the session's beginning.
_SEVENTH: Final = """
ALTER TABLE summaries ADD COLUMN emotion_means TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(emotion_means));
ALTER TABLE summaries ADD COLUMN score_change REAL;
ALTER TABLE summaries ADD COLUMN emotion_changes TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(emotion_changes));
"""

# Insights: JSON's null where they were not computed.
_EIGHTH: Final = """
ALTER TABLE summaries ADD COLUMN insights TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(insights));
"""

# What a session of a study is about, the work whose result it is, and summaries of segments beside those of windows.
_NINTH: Final = """
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''window'', ''session'')', '(''window'', ''segment'', ''session'')')
    WHERE type = 'table' AND name IN ('summaries', 'sealed_summaries');
PRAGMA writable_schema = RESET;
ALTER TABLE sessions ADD COLUMN participant TEXT;
ALTER TABLE sessions ADD COLUMN question TEXT;
ALTER TABLE sessions ADD COLUMN segment TEXT;
ALTER TABLE sessions ADD COLUMN fingerprint TEXT;
ALTER TABLE summaries ADD COLUMN segment TEXT;
"""

# What holds for the journal as a whole: an id that its copies share, and settings of the last run; see
# edge.journal.meta.
_TENTH: Final = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO meta (key, value) VALUES ('journal', lower(hex(randomblob(16))));
"""

# The n-th leads from version n to n + 1; a semicolon ends statements and stands nowhere else.
MIGRATIONS: Final[Sequence[str]] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH, _NINTH, _TENTH)


class NotAJournal(Exception):
    """A SQLite file of another program."""


class NewerJournal(Exception):
    """A journal that a later version of this program wrote."""


class DamagedJournal(Exception):
    """A journal in which something is not as this program wrote it; its text says what, for a person."""


def by_name(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return the connection with rows by column name, and with replacement characters where a text is damaged."""
    connection.row_factory = sqlite3.Row
    connection.text_factory = partial(str, errors="replace")
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """Return the schema's version, 0 for an empty file.

    Raises:
        NotAJournal: It is another program's.
        NewerJournal: A later version of this program wrote it.
        DamagedJournal: Its identifiers do not fit its tables.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if application != APPLICATION_ID and (tables or version):
        if {"sessions", "summaries", "one_summary_a_session"} <= tables:
            raise DamagedJournal("its mark is not a journal's")
        raise NotAJournal
    if not 0 <= version < _NO_VERSION or (tables and not version):
        raise DamagedJournal(f"its version is given as {version}")
    if version > len(MIGRATIONS):
        raise NewerJournal
    return int(version)


def columns(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return every table's columns, as (table, column, type, whether it is NOT NULL)."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {
        (table, *map(str, row))
        for table in tables
        for row in connection.execute('SELECT name, type, "notnull" FROM pragma_table_xinfo(?)', (table,))
    }


def columns_of_version(version: int) -> set[tuple[str, ...]]:
    """Return what `columns` returns for a sound journal of a version."""
    with closing(sqlite3.connect(":memory:")) as empty:
        migrate(empty, MIGRATIONS[:version])
        return columns(empty)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Bring the tables up to date, each step in a transaction of its own with its version number."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for reached, script in enumerate(migrations[version:], start=version + 1):
        with transaction(connection):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {reached}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit everything inside together, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself after some errors, as a full disk
            with suppress(sqlite3.Error):  # the first error is the one that is raised
                connection.execute("ROLLBACK")
        raise
