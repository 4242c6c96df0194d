"""How a journal's machine worked: time, gaps, restarts, clock; nothing of what was read in a face."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from edge.core.summaries import utc_date
from edge.journal.meta import MAX_FPS, read_meta
from edge.journal.reading import JournalReader

# SQLite itself refuses every other column to this connection: scores, levels, emotions, insights, names, labels.
_MAY_READ: Final = {
    "meta": {"key", "value"},
    "notices": {"id"},
    "sessions": {"id", "state", "started_at", "written_at", "boot_id", "clock_synchronised"},
    "summaries": {"id", "session_id", "kind", "started_at", "written_at", "length_s", "readable_share", "gaps"}
    | {"rate_fps", "limited_s", "summaries_lost"},
    "sealed_summaries": {"id", "session_id", "kind", "started_at", "written_at", "length_s"},
}

_DAY: Final = "substr(coalesce(one.written_at, one.started_at), 1, 10)"  # a recording's is that of its reading
_SESSIONS: Final = f"""SELECT {_DAY} AS day, count(*) AS sessions, sum(state = 'interrupted') AS interrupted,
sum(written_at IS NULL AND clock_synchronised IS 0) AS uncertain FROM sessions AS one
WHERE coalesce({_DAY}, '') >= :since GROUP BY day"""
_BOOTS: Final = f"""SELECT DISTINCT {_DAY} AS day, boot_id FROM sessions AS one
WHERE boot_id IS NOT NULL AND coalesce({_DAY}, '') >= :since"""
_WINDOWS: Final = f"""SELECT {_DAY} AS day, sum(length_s) AS observed_s, sum(readable_share * length_s) AS readable_s,
sum(CASE WHEN :full_fps IS NULL OR rate_fps < 0.99 * :full_fps THEN limited_s ELSE 0 END) AS throttled_s,
sum(summaries_lost) AS lost FROM summaries AS one
WHERE kind = 'window' AND coalesce({_DAY}, '') >= :since GROUP BY day"""
_SEALED: Final = f"""SELECT {_DAY} AS day, sum(length_s) AS observed_s FROM sealed_summaries AS one
WHERE kind = 'window' AND coalesce({_DAY}, '') >= :since GROUP BY day"""
_GAPS: Final = f"""SELECT {_DAY} AS day, gaps FROM summaries AS one
WHERE kind = 'window' AND gaps != '{{}}' AND coalesce({_DAY}, '') >= :since"""
# Rows are numbered in the order in which they were kept, whatever a wrong clock wrote.
_END: Final = "SELECT id, started_at, length_s, written_at FROM {table} ORDER BY id {order} LIMIT 1"


@dataclass(slots=True)
class DayOfWork:
    """What one machine did on one day, UTC; times in seconds."""

    sessions: int = 0
    interrupted: int = 0  # sessions whose program was killed, or whose machine lost power
    uncertain: int = 0  # sessions that began while the clock was not synchronised
    observed_s: float = 0.0
    readable_s: float | None = None  # None where everything is sealed
    throttled_s: float = 0.0  # with fewer frames than the settings allow, as where the machine is hot
    lost: int = 0  # summaries that could not be kept
    gaps: dict[str, float] = field(default_factory=dict)  # seconds without frames, by reason
    boots: set[str] = field(default_factory=set)  # ids of the machine's starts

    @classmethod
    def sum(cls, days: Iterable[Self]) -> Self:
        """Return several days, or those of several journals, as one."""
        total = cls()
        for day in days:
            total.sessions += day.sessions
            total.interrupted += day.interrupted
            total.uncertain += day.uncertain
            total.observed_s += day.observed_s
            if day.readable_s is not None:
                total.readable_s = (total.readable_s or 0.0) + day.readable_s
            total.throttled_s += day.throttled_s
            total.lost += day.lost
            for reason, gap_s in day.gaps.items():
                total.gaps[reason] = total.gaps.get(reason, 0.0) + gap_s
            total.boots |= day.boots
        return total


@dataclass(frozen=True, slots=True)
class Operation:
    """How the machine of one journal worked.

    Attributes:
        meta: What the journal says of itself; see edge.journal.meta.
        days: By date, `2026-03-01`; what has no date stands under an empty text.
        oldest: When the oldest summary was kept (UTC); None where there is none.
        newest: When the newest summary was kept.
        clock_synchronised: Whether the dates of the last session are certain; None: unknown.
        notices: How many events the journal itself had, such as damage.
    """

    meta: dict[str, str]
    days: dict[str, DayOfWork]
    oldest: datetime | None
    newest: datetime | None
    clock_synchronised: bool | None
    notices: int


class OperationReader(JournalReader):
    """Reads how a machine worked from its journal, through a connection that can read nothing else."""

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open a journal; raises as `JournalReader.open`."""
        with super().open(path) as reader:
            reader._connection.set_authorizer(_authorise)
            yield reader

    def operation(self, since: str = "") -> Operation:
        """Return how the machine worked.

        Args:
            since: The first day that counts, as `2026-03-01`; empty for all.

        Raises:
            SourceNotFound: A row is damaged.
        """
        with self._sound():
            meta = read_meta(self._connection)
            full_fps = float(meta[MAX_FPS]) if MAX_FPS in meta else None
            oldest, newest = self._kept("ASC"), self._kept("DESC")
            (notices,) = self._connection.execute("SELECT count(id) FROM notices").fetchone()
            return Operation(
                meta=meta,
                days=self._days({"since": since, "full_fps": full_fps}),
                oldest=oldest,
                newest=newest,
                clock_synchronised=self._last_clock(),
                notices=notices,
            )

    def _days(self, given: dict[str, Any]) -> dict[str, DayOfWork]:
        days: defaultdict[str, DayOfWork] = defaultdict(DayOfWork)
        rows = self._connection.execute
        for row in rows(_SESSIONS, given).fetchall():
            day = days[row["day"] or ""]
            day.sessions, day.interrupted, day.uncertain = row["sessions"], row["interrupted"], row["uncertain"]
        for row in rows(_BOOTS, given):
            days[row["day"] or ""].boots.add(row["boot_id"])
        for row in rows(_WINDOWS, given):
            day = days[row["day"] or ""]
            day.observed_s, day.readable_s = row["observed_s"], row["readable_s"]
            day.throttled_s, day.lost = row["throttled_s"] or 0.0, row["lost"]
        for row in rows(_SEALED, given):
            days[row["day"] or ""].observed_s += row["observed_s"]
        for row in rows(_GAPS, given):
            gaps = days[row["day"] or ""].gaps
            for reason, gap_s in json.loads(row["gaps"]).items():
                gaps[reason] = gaps.get(reason, 0.0) + float(gap_s)
        return dict(sorted(days.items()))

    def _kept(self, order: str) -> datetime | None:
        """When the first (ASC) or last (DESC) summary was kept."""
        found = [
            row
            for table in ("summaries", "sealed_summaries")
            if (row := self._connection.execute(_END.format(table=table, order=order)).fetchone()) is not None
        ]
        if not found:
            return None
        row = (min if order == "ASC" else max)(found, key=lambda one: int(one["id"]))
        if row["written_at"] is not None or row["started_at"] is None:
            return utc_date(row["written_at"])
        return datetime.fromisoformat(row["started_at"]).astimezone(UTC) + timedelta(seconds=row["length_s"])

    def _last_clock(self) -> bool | None:
        last = "SELECT clock_synchronised FROM sessions WHERE written_at IS NULL ORDER BY id DESC LIMIT 1"
        row = self._connection.execute(last).fetchone()
        return None if row is None or row["clock_synchronised"] is None else bool(row["clock_synchronised"])


def _authorise(action: int, table: str | None, column: str | None, *_: str | None) -> int:
    """SQLite's authoriser: reading the columns above, and nothing else."""
    if action == sqlite3.SQLITE_READ:
        allowed = not column or column in _MAY_READ.get(table or "", ())
    else:
        allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
