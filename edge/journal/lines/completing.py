"""JSON lines that a killed run left out: what its journal has, and its file has not."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from edge.core.summaries import Summary
from edge.journal.lines.jsonl import closed_files
from edge.journal.rows import summary_of
from edge.journal.store import Journal

_END_BYTES: Final = 2**16  # more than a line has
_SAME_S: Final = 2e-6  # lines have six decimals
_ROWS: Final = """SELECT summaries.*, name AS session FROM summaries JOIN sessions ON sessions.id = session_id
WHERE session_id = ? AND summaries.id > ? ORDER BY summaries.id"""
_ROW: Final = """SELECT id FROM summaries WHERE session_id = ? AND kind = ? AND sequence = ?
AND (started_tick_s IS ? OR abs(started_tick_s - ?) < ?)"""


def missing_lines(journal: Journal, lines: Path) -> list[Summary]:
    """Return the summaries of a journal's last session that its JSON lines lack, in the order in which they were kept.

    A summary is committed to the journal before its line is written: a run that was killed in between, and the summary
    that the next start makes of an interrupted session, leave the file behind. Sealed sessions have no line that could
    be made without their key; they are left as they are.

    Args:
        journal: The open journal, before the next session begins in it.
        lines: The file of JSON lines that the last session was written to as well.

    Raises:
        CannotWrite: The journal cannot be read.
        OSError: The lines cannot be read.
        ValueError: A row of the journal is no summary.
    """
    with journal.sound_file() as file:
        last = file.connection.execute("SELECT id, name, state FROM sessions ORDER BY id DESC LIMIT 1").fetchone()
        if last is None:
            return []
        written = _row_of(file.connection, last["id"], _at_the_end(lines)) or _row_of(
            file.connection, last["id"], _last_of(last["name"], lines)
        )
        if written is None and last["state"] != "interrupted":
            return []
        return [summary_of(row) for row in file.connection.execute(_ROWS, (last["id"], written or 0)).fetchall()]


def _row_of(connection: sqlite3.Connection, session_id: int, line: dict[str, Any] | None) -> int | None:
    """The number of the row that a line was written for; None where it is not of this session."""
    if line is None:
        return None
    tick_s = line.get("started_tick_s")
    with suppress(KeyError, TypeError, sqlite3.Error):
        row = (session_id, line["kind"], line["sequence"], tick_s, tick_s, _SAME_S)
        return int(connection.execute(_ROW, row).fetchone()["id"])  # TypeError: there is none
    return None


def _at_the_end(path: Path) -> dict[str, Any] | None:
    """The last whole line of a file."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(max(file.seek(0, 2) - _END_BYTES, 0))
        return next(_parsed(reversed(file.readlines())), None)
    return None


def _last_of(session: str, path: Path) -> dict[str, Any] | None:
    """The last line of sessions of a name, in the newest file that has one."""
    mark = f'"session": "{session}"'.encode()
    for place in (path, *reversed([closed for closed, _ in closed_files(path)])):
        found = None
        with suppress(FileNotFoundError), place.open("rb") as file:
            for line in _parsed(line for line in file if mark in line):
                found = line
        if found is not None:
            return found
    return None


def _parsed(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The lines that are objects; a torn one is none."""
    for line in lines:
        with suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                yield value
