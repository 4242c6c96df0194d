"""Rows of a journal that are selected, deleted, and looked for in its files."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from edge.core.summaries import utc_text
from edge.journal.deletion.types import Deleted
from edge.journal.deletion.verification import is_readable, still_readable
from edge.journal.file.opening import OpenFile
from edge.journal.schema import transaction

_AT_ONCE: Final = 5000  # rows a transaction: one never needs much room in the -wal file
_FUTURE: Final = timedelta(minutes=1)  # a date further ahead than this is not of this clock

_ENDED: Final = "julianday(kept.started_at) + length_s / 86400"
_KEPT_AT: Final = f"ifnull(julianday(kept.written_at), {_ENDED})"  # recordings count from when they were read
_BEFORE_THE_REST: Final = """id < ifnull((SELECT min(session_id) FROM kept WHERE id NOT IN (SELECT id FROM doomed)),
(SELECT max(session_id) FROM kept WHERE id IN (SELECT id FROM doomed)))"""  # an empty session, by its order
_CERTAIN: Final = "ifnull(clock_synchronised, 1)"  # an earlier version did not note it; its dates count


def _both(what: str, where: str) -> str:
    """A query over summaries and sealed ones; each table by itself, so that its own indexes are used."""
    return " UNION ALL ".join(
        f"SELECT {what} AS id FROM {table} AS kept JOIN sessions ON sessions.id = session_id WHERE {where}"
        for table in ("summaries", "sealed_summaries")
    )


class Rows:
    """Selects rows of an open journal, and deletes what is selected.

    Args:
        file: The journal; it stays open.
    """

    def __init__(self, file: OpenFile) -> None:
        self._file, self._connection = file, file.connection
        for table in ("doomed", "doomed_sessions"):
            self._connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY)")

    def select_expired(self, before: datetime, now: datetime) -> None:
        """Select what was kept before a date as far as order proves it, whatever a wrong clock wrote.

        Rows are numbered in the order in which they were kept. They are selected up to the last one that is old by a
        certain date, and never beyond the first that is young by one. A date is certain where the session's clock was
        synchronised and it does not lie in the future. A recording's is when it was read, whatever its own date is.

        Args:
            before: What ended before this (UTC) is old.
            now: The clock's date (UTC).
        """
        known = f"{_CERTAIN} AND {_KEPT_AT} <= julianday(:now)"
        dates = {"before": utc_text(before), "now": utc_text(now + _FUTURE)}
        young = _both("min(kept.id)", f"{known} AND {_KEPT_AT} >= julianday(:before)")
        until = "kept.id < ifnull((SELECT id FROM young), 9e18)"
        old = _both("max(kept.id)", f"{known} AND {_KEPT_AT} < julianday(:before) AND {until}")
        self._select(
            f"""WITH young AS (SELECT min(id) AS id FROM ({young})), old AS (SELECT max(id) AS id FROM ({old}))
            SELECT id FROM kept WHERE id <= (SELECT id FROM old)""",
            f"{_CERTAIN} AND julianday(ifnull(written_at, started_at)) < julianday(:before) OR {_BEFORE_THE_REST}",
            dates,
        )

    def select_kept_until(self, last: int) -> None:
        """Select what was kept until a summary, by its number, with that one."""
        self._select("SELECT id FROM kept WHERE id <= :last", _BEFORE_THE_REST, {"last": last})

    def select_dated(self, before: datetime | None, session: str | None) -> None:
        """Select by the dates as they are, or by when a recording without a date was read, and by the session's name.

        None stands for any.
        """
        ended = f"ifnull({_ENDED}, julianday(kept.written_at))"
        given = {"before": None if before is None else utc_text(before), "session": session}
        name = "(:session IS NULL OR name = :session)"
        self._select(
            _both("kept.id", f"{name} AND (:before IS NULL OR {ended} < julianday(:before))"),
            f"{name} AND (:before IS NULL OR julianday(ifnull(started_at, written_at)) < julianday(:before))",
            given,
        )

    def _select(self, summaries: str, empty_sessions: str, given: Mapping[str, str | int | None]) -> None:
        """Sessions are selected with their last summary; one that never had any where it matches `empty_sessions`."""
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
    def selected(self) -> Deleted:
        """What would be deleted."""
        sessions, summaries = (
            self._connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("doomed_sessions", "doomed")
        )
        return Deleted(sessions, summaries)

    def delete(self) -> Deleted:
        """Delete what is selected, and look for its dates in the files.

        Raises:
            CannotWrite: Some of it can still be read.
        """
        selected = self.selected
        if not (selected.sessions or selected.summaries):
            self._file.checkpoint()  # an earlier deletion may have been held up
            return selected
        stamps = self._stamps()
        while rows := self._connection.execute("SELECT id FROM doomed LIMIT ?", (_AT_ONCE,)).fetchall():
            with transaction(self._connection):
                for table in ("summaries", "sealed_summaries", "doomed"):
                    self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", rows)
        with transaction(self._connection):
            self._connection.execute("DELETE FROM sessions WHERE id IN (SELECT id FROM doomed_sessions)")
            self._connection.execute("DELETE FROM doomed_sessions")
        if not self._file.checkpoint() or is_readable(stamps, self._file):
            self._connection.execute("VACUUM")
            if not self._file.checkpoint() or is_readable(stamps, self._file):
                raise still_readable(self._file.path)
        return selected

    def _stamps(self) -> frozenset[bytes]:
        """Texts that only selected rows hold: their dates, to the microsecond."""
        tables = ("kept", "doomed"), ("sessions", "doomed_sessions")

        def dates(place: str) -> str:
            return " UNION ".join(
                f"SELECT {column} FROM {table} WHERE id {place} (SELECT id FROM {doomed})"
                for table, doomed in tables
                for column in ("started_at", "written_at")
            )

        found = self._connection.execute(f"SELECT * FROM ({dates('IN')}) EXCEPT SELECT * FROM ({dates('NOT IN')})")
        return frozenset(date.encode() for (date,) in found if date is not None)
