"""How long summaries have been kept, by the machine's running time: for clocks that nothing sets right."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Final

from edge.host.boot import boot_id
from edge.host.clocks import SystemClock
from edge.journal.reading import JournalReader

_LIVE: Final = """sessions JOIN kept ON kept.session_id = sessions.id
WHERE sessions.written_at IS NULL AND started_tick_s IS NOT NULL AND boot_id"""
_BOOTS: Final = f"SELECT boot_id, max(started_tick_s + length_s) AS until_s FROM {_LIVE} NOT NULL GROUP BY boot_id"
_LAST: Final = f"SELECT max(kept.id) AS id FROM {_LIVE} = ? AND started_tick_s + length_s < ?"


def last_expired(connection: sqlite3.Connection, retention: timedelta, boot: str | None, tick_s: float) -> int | None:
    """Return the last summary that was kept for longer than allowed, as far as running time proves it.

    Ticks count seconds since a start of the machine. A summary is at least as old as the time that its own start went
    on after it and all later ones lasted, each up to its last summary, the present one up to now. Time without power
    does not count: what expires by this is old enough by any clock.

    Args:
        connection: Of a journal.
        retention: For how long summaries are kept.
        boot: The id of the present start; None: unknown.
        tick_s: Seconds since then, on the clock of the summaries' ticks.

    Returns:
        Its number; what was kept before it is older still. None where there is none.
    """
    if boot is None:
        return None
    lasted_s = {row["boot_id"]: row["until_s"] for row in connection.execute(f"{_BOOTS} ORDER BY max(kept.id)")}
    lasted_s.pop(boot, None)
    lasted_s[boot] = tick_s
    found, later_s = list[int](), 0.0
    for each, until_s in reversed(lasted_s.items()):
        row = connection.execute(_LAST, (each, until_s + later_s - retention.total_seconds())).fetchone()
        found += [] if row["id"] is None else [int(row["id"])]
        later_s += until_s
    return max(found, default=None)


class _AgesReader(JournalReader):
    """A journal whose summaries' ages are looked at."""

    def has_expired(self, retention: timedelta) -> bool:
        return last_expired(self._connection, retention, boot_id(), SystemClock().tick_s()) is not None


def has_expired(journal: Path, retention: timedelta) -> bool:
    """Return whether a journal has a summary that was kept for too long by the machine's running time alone.

    Raises:
        SourceNotFound: The journal cannot be read.
    """
    with _AgesReader.open(journal) as reader:
        return reader.has_expired(retention)
