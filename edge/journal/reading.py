"""Reading a journal: its sessions and their windows, also while a program writes it."""

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from edge.core.errors import EdgeError, SourceNotFound
from edge.core.sessions import Notice, SessionRecord, SessionState
from edge.core.summaries import NESTED, Kind, Summary, from_json
from edge.core.windows import merge
from edge.journal.schema import MIGRATIONS, DamagedJournal, NewerJournal, NotAJournal, by_name, version_of


class JournalReader:
    """What a journal holds. Sessions are in the order in which they began."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Lend a journal for reading alone; raises SourceNotFound where there is none, or none that can be read."""
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise SourceNotFound(
                f"There is no journal at {path}: {error.strerror}.",
                fix="Record one with edge-run, or name the file where it is.",
            ) from error
        if not stat.S_ISREG(mode):
            raise SourceNotFound(f"{path} is a folder or a device, not a journal.", fix="Name the journal's file.")
        try:
            with closing(_connect(path)) as connection:
                if 0 < version_of(connection) < len(MIGRATIONS):
                    raise SourceNotFound(
                        f"{path} was written by an older version.",
                        fix="Run edge-run on it once to bring it up to date.",
                    )
                yield cls(connection, path)
        except (sqlite3.Error, NotAJournal, NewerJournal, DamagedJournal) as error:
            raise _unreadable(path, error) from error

    def sessions(self) -> list[SessionRecord]:
        """Every session, the ones still open too: their summary is what their windows say so far."""
        if not version_of(self._connection):
            return []  # still empty: its writer is about to begin
        rows = self._connection.execute(
            "SELECT *, (SELECT count(*) FROM summaries WHERE session_id = sessions.id AND kind = 'window') AS windows"
            " FROM sessions ORDER BY id"
        ).fetchall()
        return [self._record(row) for row in rows]

    def windows(self, session_id: int) -> Iterator[Summary]:
        """A session's windows in order; `session_id` is SessionRecord.id."""
        return self._summaries(session_id, Kind.WINDOW)

    def notices(self) -> list[Notice]:
        """What happened to the journal itself, oldest first."""
        if not version_of(self._connection):
            return []
        rows = self._connection.execute("SELECT noticed_at, text FROM notices ORDER BY id").fetchall()
        with self._sound():
            return [Notice(_date(row["noticed_at"]), row["text"]) for row in rows]

    def _summaries(self, session_id: int, kind: Kind) -> Iterator[Summary]:
        rows = self._connection.execute(
            "SELECT summaries.*, sessions.name AS session FROM summaries JOIN sessions ON sessions.id = session_id"
            " WHERE session_id = ? AND kind = ? ORDER BY sequence",
            (session_id, kind.value),
        )
        for row in rows:
            with self._sound():
                summary = _summary(row)
            yield summary

    def _record(self, row: sqlite3.Row) -> SessionRecord:
        summary = next(self._summaries(row["id"], Kind.SESSION), None)
        if summary is None and row["windows"]:
            summary = merge(self.windows(row["id"]))
        with self._sound():
            return SessionRecord(
                id=row["id"],
                name=row["name"],
                state=SessionState(row["state"]),
                started_at=_date(row["started_at"]),
                window_s=row["window_s"],
                software=row["software"],
                source=row["source"],
                windows=row["windows"],
                summary=summary,
                boot_id=row["boot_id"],
                clock_synchronised=None if row["clock_synchronised"] is None else bool(row["clock_synchronised"]),
            )

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceNotFound(f"{self._path} holds a row that is no summary: {error}.", fix=_DAMAGED_FIX) from error


_DAMAGED_FIX = "Restore it from a copy, or move it away."


def _summary(row: sqlite3.Row) -> Summary:
    values: dict[str, Any] = dict(row)
    return from_json({**values, **{name: json.loads(values[name]) for name in NESTED}})


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = by_name(sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None))
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        beside = path.with_name(path.name + "-wal")
        readonly = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not readonly or beside.exists():
            raise
        # A folder in which nothing can be created, and nothing that waits beside the file: it cannot change.
        connection = by_name(sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None))
    return connection


def _unreadable(path: Path, error: Exception) -> EdgeError:
    if isinstance(error, NewerJournal):
        return SourceNotFound(f"{path} was written by a newer version of edge.", fix="Update this one.")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, NotAJournal) or code == sqlite3.SQLITE_NOTADB:
        return SourceNotFound(f"{path} is not a journal of edge.", fix="Name the file that edge-run wrote.")
    if isinstance(error, DamagedJournal) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
        return SourceNotFound(f"{path} is damaged: {error}.", fix=_DAMAGED_FIX)
    return SourceNotFound(
        f"{path} cannot be read: {error}.",
        fix="Check its permissions, or copy it with its -wal file to another folder.",
    )
