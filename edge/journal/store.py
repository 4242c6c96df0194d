"""The journal: one SQLite file that keeps summaries, each committed to the disk before `write` returns."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from edge.core.errors import CannotWrite, SourceNotFound
from edge.core.sessions import SessionState, valid_session
from edge.core.summaries import Kind, Summary, utc_text
from edge.core.windows import merge
from edge.journal.files import cannot_write, disk_full, only_writer, open_private
from edge.journal.reading import JournalReader
from edge.journal.schema import NewerJournal, NotAJournal, migrate, transaction, version_of

_COLUMNS: Final = tuple(field.name for field in fields(Summary) if field.name != "session")
_INSERT: Final = (
    f"INSERT INTO summaries (session_id, {', '.join(_COLUMNS)}) VALUES (:session_id, :{', :'.join(_COLUMNS)})"
)


def default_journal() -> Path:
    """`$XDG_STATE_HOME/edge/journal.sqlite`, by default in `~/.local/state`."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "edge" / "journal.sqlite"


class Journal(JournalReader):
    """A journal that this program alone writes, one session at a time."""

    _session: tuple[int, str] | None = None  # the open session's id and name

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Lend a journal for writing, created if absent. Sessions that a killed program left open are closed first.

        Raises CannotWrite where that is impossible; a file that is no journal is left as it is.
        """
        _check_place(path)
        with only_writer(path), _sqlite_errors(path):
            os.close(open_private(path))  # before SQLite opens it, so that it and what lies beside it are private
            with closing(_connect(path)) as connection:
                journal = cls(connection, path)
                journal._close_interrupted()
                yield journal

    def begin(
        self, session: str, *, started_at: datetime, window_s: float, software: str, source: str | None = None
    ) -> int:
        """Open a session and return its id. `source` is the name people call it, without passwords of URLs.

        Raises UsageError for an impossible name and CannotWrite; ValueError while another session is open.
        """
        if self._session is not None:
            raise ValueError(f"session {self._session[1]} is still open")
        row = (valid_session(session), utc_text(started_at, "microseconds"), window_s, software, source)
        with _sqlite_errors(self._path), transaction(self._connection):
            cursor = self._connection.execute(
                "INSERT INTO sessions (name, started_at, window_s, software, source) VALUES (?, ?, ?, ?, ?)", row
            )
        assert cursor.lastrowid is not None
        self._session = (cursor.lastrowid, session)
        return cursor.lastrowid

    def write(self, summary: Summary) -> None:
        """Commit a summary of the open session; the session's own summary completes it.

        Raises CannotWrite, after which nothing of it is kept and the same summary may be written again once there is
        room; ValueError for a summary of any other session.
        """
        if self._session is None or self._session[1] != summary.session:
            raise ValueError(f"no session {summary.session} is open")
        ended = SessionState.COMPLETE if summary.kind == Kind.SESSION else None
        with _sqlite_errors(self._path):
            self._insert(self._session[0], summary, ended)
        if ended:
            self._session = None

    def _insert(self, session_id: int, summary: Summary | None, ended: SessionState | None) -> None:
        with transaction(self._connection):
            if summary is not None:
                self._connection.execute(_INSERT, {"session_id": session_id, **_row(summary)})
            if ended is not None:
                self._connection.execute("UPDATE sessions SET state = ? WHERE id = ?", (ended.value, session_id))

    def _close_interrupted(self) -> None:
        for (session_id,) in self._connection.execute("SELECT id FROM sessions WHERE state = 'open'").fetchall():
            try:
                summary = merge(self.windows(session_id))
            except (ValueError, SourceNotFound):  # no window was committed, or one of them is damaged
                summary = None
            self._insert(session_id, summary, SessionState.INTERRUPTED)


def _row(summary: Summary) -> dict[str, object]:
    row = {name: value for name, value in asdict(summary).items() if name != "session"}
    for name in ("unreadable", "emotions", "levels"):
        row[name] = json.dumps(row[name], allow_nan=False)
    return row | {"kind": summary.kind.value, "started_at": utc_text(summary.started_at, "microseconds")}


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        version_of(connection)  # before anything is changed
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk: NORMAL loses it with the power
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_place(path: Path) -> None:
    if os.path.isdir(path):  # os.path: no error in a folder that may not be looked into; opening says it
        raise cannot_write(path, IsADirectoryError(errno.EISDIR, "is a directory"))
    if os.path.exists(path) and not path.is_file():
        raise CannotWrite(f"{path} is a device or a pipe, not a file.", fix="Name a file.")
    for ending in ("-wal", "-shm"):
        if os.path.islink(path.with_name(path.name + ending)):
            raise CannotWrite(f"{path}{ending} is a symbolic link.", fix="Remove it, or choose another place.")


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except NotAJournal as error:
        raise CannotWrite(f"{path} is another program's SQLite file.", fix="Name another file.") from error
    except NewerJournal as error:
        raise CannotWrite(f"{path} was written by a newer version of edge.", fix="Update, or name another.") from error
    except sqlite3.Error as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: sqlite3.Error) -> CannotWrite:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return disk_full(path)
        case sqlite3.SQLITE_NOTADB:
            return CannotWrite(f"{path} is not a journal of edge.", fix="Name another file, or move this one away.")
        case sqlite3.SQLITE_CORRUPT:
            return CannotWrite(f"{path} is damaged.", fix="Move it away; a new one is begun then.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return CannotWrite(f"{path} may not be written here: {error}.", fix=f"Allow writing to {path.parent}.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CannotWrite(f"{path} is held by another program.", fix="Close what has it open.")
        case _:
            return CannotWrite(f"{path} was not written: {error}.", fix="Check the disk and the room on it.")
