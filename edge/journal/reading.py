"""Reading a journal: its sessions and their windows, also while a program writes it."""

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.core.sessions import EVERY, Chosen, JournalNotice, SessionRecord
from edge.core.summaries import Kind, Sealed, Summary, utc_date
from edge.core.windowing.merging import merge
from edge.host.sqlite import Connection
from edge.journal.query import Query
from edge.journal.rows import sealed_of, session_of, summary_of
from edge.journal.schema import MIGRATIONS, by_name, version_of
from edge.journal.sealing.seal import AnotherKey, Broken, Keys, open_summary
from edge.journal.sealing.unopened import Unopened
from edge.journal.sqlite_errors import RESTORE, Fault, fault_of, reading_errors

if TYPE_CHECKING:
    from edge.journal.columns import Columns


class JournalReader:
    """Reads a journal. Sessions are in the order in which they began; sealed summaries are opened after `unlock`.

    Attributes:
        unopened: What could not be opened or is missing, among the summaries read so far.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._keys: Keys | None = None
        self.unopened = Unopened()

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open a journal for reading.

        Raises:
            SourceNotFound: There is none, or it cannot be read.
        """
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise SourceNotFound(
                f"There is no journal at {path}: {error.strerror}.",
                fix="Record one with edge-run, or name the file where it is.",
            ) from error
        if not stat.S_ISREG(mode):
            raise SourceNotFound(f"{path} is a folder or a device, not a journal.", fix="Name the journal's file.")
        with reading_errors(path), closing(_connect(path)) as connection:
            if 0 < version_of(connection) < len(MIGRATIONS):
                raise SourceNotFound(
                    f"{path} was written by an older version.", fix="Run edge-run on it once to bring it up to date."
                )
            yield cls(connection, path)

    def unlock(self, keys: Keys) -> None:
        """Open sealed summaries with these keys from now on.

        Raises:
            BadConfiguration: All of them are sealed to other keys.
        """
        self._keys = keys
        if not version_of(self._connection):
            return
        others = 0
        for (sealed,) in self._connection.execute("SELECT sealed FROM sealed_summaries ORDER BY id DESC"):
            try:
                keys.open(sealed)
            except AnotherKey:
                others += 1
                continue
            except Broken:  # it was sealed to one of the keys once
                return
            return
        if others:
            raise BadConfiguration(
                f"The key opens none of the {others} sealed summaries in {self._path}.",
                fix="Give the key to whose recipient they were sealed.",
            )

    def sessions(self) -> list[SessionRecord]:
        """Return every session; an open one has the summary of its windows so far."""
        return list(self.each_session())

    def each_session(self, chosen: Chosen = EVERY, *, figures: bool = True) -> Iterator[SessionRecord]:
        """Yield sessions as `sessions` has them, while they are read.

        Args:
            chosen: Which.
            figures: Whether all of their own summaries are needed; else most sessions have their tick alone, which
                takes a third of the time.
        """
        if not version_of(self._connection):
            return  # still empty: its writer is about to begin
        query = Query(chosen)
        own = self._connection.execute(query.own_summaries if figures else query.own_ticks, query.values)
        summary = next(own, None)
        for row in self._connection.execute(query.sessions, query.values):
            while summary is not None and summary["session_id"] < row["id"]:
                summary = next(own, None)
            has_one = summary is not None and summary["session_id"] == row["id"]
            yield self._record(row, summary if has_one else None, figures=figures)

    def count(self, chosen: Chosen = EVERY) -> int:
        """Return how many sessions `each_session` would yield."""
        if not version_of(self._connection):
            return 0
        query = Query(chosen)
        (count,) = self._connection.execute(query.count, query.values).fetchone()
        return int(count)

    def emotion_labels(self) -> list[str]:
        """Return every label of emotions in the summaries of sessions, in the order in which they appear."""
        if not version_of(self._connection):
            return []
        if self._keys is not None:
            summaries = (session.summary for session in self.each_session())
            return list(dict.fromkeys(label for each in summaries if each for label in each.emotions or ()))
        found = self._connection.execute(
            "SELECT DISTINCT key FROM summaries, json_each(emotions) WHERE kind = 'session' AND key IS NOT NULL"
        )
        return [str(label) for (label,) in found]

    def has_session(self, name: str) -> bool:
        """Return whether there is a session of a name."""
        found = "SELECT 1 FROM sessions WHERE name = ? LIMIT 1"
        return bool(version_of(self._connection) and self._connection.execute(found, (name,)).fetchone())

    def windows(self, session_id: int) -> Iterator[Summary]:
        """Yield a session's windows in order, without those that cannot be opened; `session_id` is SessionRecord.id."""
        if self._keys is None:
            return self._unsealed(session_id, Kind.WINDOW)
        return (window for window in self.rows(session_id) if isinstance(window, Summary))

    def rows(self, session_id: int, kind: Kind = Kind.WINDOW) -> Iterator[Summary | Sealed]:
        """Yield a session's windows or segments in order; one that cannot be opened as what can be read of it."""
        if kind is not Kind.WINDOW:
            yield from self._summaries(session_id, kind)
            return
        last = -1
        for window in self._summaries(session_id, Kind.WINDOW):
            if isinstance(window, Summary) and self._keys is not None and last >= 0:
                self.unopened.missing(session_id, window, window.sequence - last - 1 - window.summaries_lost)
            last = window.sequence
            yield window

    def columns(self, sessions: Iterable[SessionRecord], kind: Kind) -> "Iterator[Columns]":
        """Yield summaries of sessions that `each_session` yielded, as columns; what is sealed as in `rows`."""
        from edge.journal.columns import in_columns, row_of, row_of_session, selected  # here: it imports NumPy

        def rows() -> Iterator[tuple[SessionRecord, Iterator[Any]]]:
            opened = self._keys is not None
            for one_by_one, some in groupby(sessions, lambda one: kind is Kind.SESSION or opened or one.sealed > 0):
                if not one_by_one:
                    yield from selected(self._connection, some, kind)
                    continue
                for session in some:
                    of_session = map(row_of, self.rows(session.id, kind))
                    yield session, iter([row_of_session(session)]) if kind is Kind.SESSION else of_session

        found = in_columns(rows())
        while True:
            with self._sound():
                some = next(found, None)
            if some is None:
                return
            yield some

    def notices(self) -> list[JournalNotice]:
        """Return what happened to the journal itself, oldest first."""
        if not version_of(self._connection):
            return []
        rows = self._connection.execute("SELECT noticed_at, text FROM notices ORDER BY id").fetchall()
        with self._sound():
            return [JournalNotice(_date(row["noticed_at"]), row["text"]) for row in rows]

    def bytes_columns(self) -> tuple[str, ...]:
        """Return columns that hold bytes, or could, as a picture would need; none where only this program wrote."""
        found = []
        with self._sound():
            tables = self._connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            for (table,) in tables:
                for column in self._connection.execute(
                    "SELECT name, type FROM pragma_table_info(?)", (table,)
                ).fetchall():
                    called = f'"{table}"."{column["name"]}"'
                    held = f"SELECT 1 FROM \"{table}\" WHERE typeof({called}) = 'blob' LIMIT 1"
                    declared = table.startswith("sqlite_") or column["type"].upper() in ("INTEGER", "REAL", "TEXT")
                    if not declared or self._connection.execute(held).fetchone():
                        found.append(f"{table}.{column['name']}")
        return tuple(found)

    def _summaries(self, session_id: int, kind: Kind) -> Iterator[Summary | Sealed]:
        """Those of one kind in order; a session's windows are all sealed, or none of them is."""
        yield from self._unsealed(session_id, kind)
        yield from self._sealed(session_id, kind)

    def _unsealed(self, session_id: int, kind: Kind) -> Iterator[Summary]:
        return map(self._summary, self._rows("summaries", session_id, kind))

    def _sealed(self, session_id: int, kind: Kind) -> Iterator[Summary | Sealed]:
        for row in self._rows("sealed_summaries", session_id, kind):
            with self._sound():
                sealed = sealed_of(row)
            yield self._tried(sealed, session_id)

    def _summary(self, row: sqlite3.Row) -> Summary:
        with self._sound():
            return summary_of(row)

    def _rows(self, table: str, session_id: int, kind: Kind) -> sqlite3.Cursor:
        return self._connection.execute(
            f"""SELECT {table}.*, sessions.name AS session FROM {table} JOIN sessions ON sessions.id = session_id
            WHERE session_id = ? AND kind = ? ORDER BY sequence""",
            (session_id, kind.value),
        )

    def _tried(self, sealed: Sealed, session_id: int) -> Summary | Sealed:
        if self._keys is None:
            return sealed
        try:
            return open_summary(sealed, self._keys, session_id)
        except (AnotherKey, Broken) as error:
            self.unopened.add(session_id, sealed, error)
        return sealed

    def _record(self, row: sqlite3.Row, own: sqlite3.Row | None, *, figures: bool) -> SessionRecord:
        """The session of a row; `own` is that of its own summary, where there is one that is not sealed."""
        if own is not None and not figures:
            with self._sound():
                return session_of(row, None, None, own["started_tick_s"])
        summary = next(self._sealed(row["id"], Kind.SESSION), None) if own is None else self._summary(own)
        if not isinstance(summary, Summary):
            summary = None
            if row["windows"]:
                with suppress(ValueError):  # all of them are sealed
                    summary = merge(self.windows(row["id"]))
        with self._sound():
            return session_of(row, summary, None if summary is not None else self._sealed_length_s(row))

    def _sealed_length_s(self, session: sqlite3.Row) -> float | None:
        """Return when the last sealed window ended, by its date, or by its number where there are no dates."""
        query = """SELECT sequence, started_at, length_s FROM sealed_summaries WHERE session_id = ? AND kind = 'window'
        ORDER BY sequence DESC LIMIT 1"""
        last = self._connection.execute(query, (session["id"],)).fetchone()
        if last is None:
            return None
        began, start = utc_date(session["started_at"]), utc_date(last["started_at"])
        dated = None if began is None or start is None else (start - began).total_seconds()
        return float((last["sequence"] * session["window_s"] if dated is None else dated) + last["length_s"])

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceNotFound(f"{self._path} holds a row that is no summary: {error}.", fix=RESTORE) from error


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro"
    connection = by_name(sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None, factory=Connection))
    try:
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        beside = path.with_name(path.name + "-wal")
        if fault_of(error) is not Fault.FORBIDDEN or beside.exists():
            raise
        # A folder in which nothing can be created, and nothing that waits beside the file: it cannot change.
        connection = by_name(sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None, factory=Connection))
    return connection
