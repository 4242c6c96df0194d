"""Rows: how a summary stands in the journal's tables, plain or sealed, and how it is read from there again."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final

from edge.core.summaries import NESTED, Kind, Sealed, Summary, from_json, utc_text
from edge.journal.sealing.seal import Seal, seal_summary

_BEGIN: Final = """INSERT INTO sessions
(name, started_at, window_s, software, source, purpose, boot_id, clock_synchronised)
VALUES (:name, :started_at, :window_s, :software, :source, :purpose, :boot_id, :clock_synchronised)"""


def _insertion(table: str, columns: Iterable[str]) -> str:
    """Rows are numbered over both tables in the order in which they are kept: retention goes by it.

    Whether a commit that failed is on the disk or not, nobody knows: the same summary may come a second time.
    """
    names = ("session_id", *columns)
    return f"""INSERT INTO {table} (id, {", ".join(names)}) VALUES (
    1 + max(ifnull((SELECT max(id) FROM summaries), 0), ifnull((SELECT max(id) FROM sealed_summaries), 0)),
    :{", :".join(names)})
    ON CONFLICT (session_id, kind, sequence) DO UPDATE SET length_s = excluded.length_s"""


_INSERT: Final = _insertion("summaries", (field.name for field in fields(Summary) if field.name != "session"))
_INSERT_SEALED: Final = _insertion(
    "sealed_summaries", (field.name for field in fields(Sealed) if field.name != "session")
)


def insert_session(connection: sqlite3.Connection, row: Mapping[str, object]) -> int:
    """Begin a session, and return its number."""
    session_id = connection.execute(_BEGIN, row).lastrowid
    assert session_id is not None
    return session_id


def insert_summaries(
    connection: sqlite3.Connection, session_id: int, summaries: Iterable[Summary], seal: Seal | None
) -> None:
    """Keep summaries; with a seal nothing but their time is readable. Raises CannotWrite."""
    if seal is None:
        connection.executemany(_INSERT, [_plain(summary, session_id) for summary in summaries])
    else:
        kept = [seal_summary(summary, seal, session_id) for summary in summaries]
        connection.executemany(_INSERT_SEALED, [_row(sealed, session_id) for sealed in kept])


def summary_of(row: sqlite3.Row) -> Summary:
    """A summary from its row in `summaries` and its session's name; KeyError, TypeError or ValueError for none."""
    values: dict[str, Any] = dict(row)
    return from_json({**values, **{name: json.loads(values[name]) for name in NESTED}})


def sealed_of(row: sqlite3.Row) -> Sealed:
    """A sealed summary from its row in `sealed_summaries` and its session's name; errors as of `summary_of`."""
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Sealed)}
    at = datetime.fromisoformat(values["started_at"]).astimezone(UTC)
    return Sealed(**values | {"kind": Kind(values["kind"]), "started_at": at})


def _plain(summary: Summary, session_id: int) -> dict[str, object]:
    row = _row(summary, session_id)
    return row | {name: json.dumps(row[name], allow_nan=False) for name in NESTED}


def _row(kept: Summary | Sealed, session_id: int) -> dict[str, object]:
    row = {name: value for name, value in asdict(kept).items() if name != "session"}
    about = {"kind": kept.kind.value, "started_at": utc_text(kept.started_at, "microseconds")}
    return {"session_id": session_id, **row, **about}
