"""Retention: which summaries have become too old, their deletion, and the proof that their bytes are gone."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from edge.core.errors import CannotWrite
from edge.core.summaries import utc_text
from edge.journal.damage import aside, remove_aside
from edge.journal.schema import transaction

_AT_ONCE: Final = 5000  # rows a transaction: one never needs much room in the -wal file
_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_CHUNK_BYTES: Final = 2**20
_STAMP_BYTES: Final = 27
_FUTURE: Final = timedelta(minutes=1)  # a date so far ahead of the clock was not told by this clock

_ENDED: Final = "julianday(kept.started_at) + length_s / 86400"
_CERTAIN: Final = "ifnull(clock_synchronised, 1)"  # an earlier version did not ask; its dates are believed


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted, or with a dry run would be."""

    sessions: int
    summaries: int
    files: tuple[Path, ...] = ()  # put aside as damaged, and JSON lines


def _both(what: str, where: str) -> str:
    """A query over summaries and sealed ones; each table by itself, so that its own indexes answer."""
    return " UNION ALL ".join(
        f"SELECT {what} AS id FROM {table} AS kept JOIN sessions ON sessions.id = session_id WHERE {where}"
        for table in ("summaries", "sealed_summaries")
    )


class Retention:
    """Deletes from an open journal; `descriptor` is of its file, and is closed by whoever opened it.

    Opening and closing the file here would drop SQLite's own locks on it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, descriptor: int) -> None:
        self._connection, self._path, self._descriptor = connection, path, descriptor
        for row in ("doomed", "doomed_sessions"):
            connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {row} (id INTEGER PRIMARY KEY)")

    def expired(self, before: datetime, now: datetime) -> None:
        """Choose what was kept before `before` as far as order proves it, whatever a wrong clock wrote.

        Rows are numbered in the order in which they were kept. They are chosen up to the last one that is old by a
        certain date, and never beyond the first that is young by one. A date is certain where the session's clock was
        synchronised and it does not lie in the future of `now`.
        """
        known = f"{_CERTAIN} AND {_ENDED} <= julianday(:now)"
        dates = {"before": utc_text(before), "now": utc_text(now + _FUTURE)}
        young = _both("min(kept.id)", f"{known} AND {_ENDED} >= julianday(:before)")
        until = "kept.id < ifnull((SELECT id FROM young), 9e18)"
        old = _both("max(kept.id)", f"{known} AND {_ENDED} < julianday(:before) AND {until}")
        self._choose(
            f"""WITH young AS (SELECT min(id) AS id FROM ({young})), old AS (SELECT max(id) AS id FROM ({old}))
            SELECT id FROM kept WHERE id <= (SELECT id FROM old)""",
            f"""{_CERTAIN} AND julianday(started_at) < julianday(:before)
            OR id < ifnull((SELECT min(session_id) FROM kept WHERE id NOT IN (SELECT id FROM doomed)),
                (SELECT max(session_id) FROM kept WHERE id IN (SELECT id FROM doomed)))""",
            dates,
        )

    def dated(self, before: datetime | None, session: str | None) -> None:
        """Choose by the dates as reported, and by the session's name; None stands for any."""
        given = {"before": None if before is None else utc_text(before), "session": session}
        name = "(:session IS NULL OR name = :session)"
        self._choose(
            _both("kept.id", f"{name} AND (:before IS NULL OR {_ENDED} < julianday(:before))"),
            f"{name} AND (:before IS NULL OR julianday(started_at) < julianday(:before))",
            given,
        )

    def _choose(self, summaries: str, empty_sessions: str, given: Mapping[str, str | None]) -> None:
        """Sessions go with the last of their summaries; one that never had any where `empty_sessions` says so."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM doomed")
            self._connection.execute("DELETE FROM doomed_sessions")
            self._connection.execute(f"INSERT INTO doomed {summaries}", given)
            self._connection.execute(
                f"""INSERT INTO doomed_sessions SELECT id FROM sessions WHERE state != 'open'
                AND NOT EXISTS (SELECT 1 FROM kept WHERE session_id = sessions.id
                    AND id NOT IN (SELECT id FROM doomed))
                AND (EXISTS (SELECT 1 FROM kept WHERE session_id = sessions.id) OR {empty_sessions})""",
                given,
            )

    @property
    def chosen(self) -> Purged:
        """What would be deleted."""
        sessions, summaries = (
            self._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("doomed_sessions", "doomed")
        )
        return Purged(sessions, summaries)

    def delete(self) -> Purged:
        """Delete what was chosen, and look for it in the files; CannotWrite where some of it can still be read."""
        chosen = self.chosen
        if not (chosen.sessions or chosen.summaries):
            checkpoint(self._connection)  # an earlier purge may have been held up
            return chosen
        traces = self._traces()
        while rows := self._connection.execute("SELECT id FROM doomed LIMIT ?", (_AT_ONCE,)).fetchall():
            with transaction(self._connection):
                for table in ("summaries", "sealed_summaries", "doomed"):
                    self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", rows)
        with transaction(self._connection):
            self._connection.execute("DELETE FROM sessions WHERE id IN (SELECT id FROM doomed_sessions)")
            self._connection.execute("DELETE FROM doomed_sessions")
        if not checkpoint(self._connection) or self._readable(traces):
            self._connection.execute("VACUUM")
            if not checkpoint(self._connection) or self._readable(traces):
                raise still_readable(self._path)
        return chosen

    def _traces(self) -> frozenset[bytes]:
        """Texts that only what was chosen holds: its dates, to the microsecond."""
        dates = self._connection.execute(
            """SELECT started_at FROM kept WHERE id IN (SELECT id FROM doomed)
            UNION SELECT started_at FROM sessions WHERE id IN (SELECT id FROM doomed_sessions)
            EXCEPT SELECT started_at FROM kept WHERE id NOT IN (SELECT id FROM doomed)
            EXCEPT SELECT started_at FROM sessions WHERE id NOT IN (SELECT id FROM doomed_sessions)"""
        )
        return frozenset(date.encode() for (date,) in dates)

    def _readable(self, traces: frozenset[bytes]) -> bool:
        with open(self._descriptor, "rb", closefd=False) as kept:
            if any(stamp in traces for stamp in _stamps(kept)):
                return True
        beside = self._path.with_name(self._path.name + "-wal")
        try:
            with beside.open("rb") as waiting:
                return any(stamp in traces for stamp in _stamps(waiting))
        except FileNotFoundError:
            return False


def purge_aside(path: Path, before: datetime, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Delete the damaged journals that were put aside from `path` before a date; those deleted. Raises OSError."""
    old = tuple(place for place, at in aside(path) if at < before)
    for place in () if dry_run else old:
        remove_aside(place)
    return old


def still_readable(path: Path) -> CannotWrite:
    """Rows are deleted, and their bytes are still in the files."""
    return CannotWrite(
        f"What was purged from {path} can still be read in its files: a program holds them open.",
        fix="Close it, and purge again.",
    )


def checkpoint(connection: sqlite3.Connection) -> bool:
    """Bring everything from the -wal file into the journal and empty it; whether nobody held it."""
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _stamps(file: BinaryIO) -> Iterator[bytes]:
    """Every date to the microsecond in a file, in bounded memory."""
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        searched = rest + chunk
        yield from _STAMP.findall(searched)
        rest = searched[-(_STAMP_BYTES - 1) :]
