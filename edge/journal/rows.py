"""Rows of the journal's tables: summaries, plain or sealed, written and read."""

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

    The same summary may be written a second time, for a commit that failed may be on the disk all the same.
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
    """Insert an open session; return its number."""
    session_id = connection.execute(_BEGIN, row).lastrowid
    assert session_id is not None
    return session_id


def insert_summaries(
    connection: sqlite3.Connection, session_id: int, summaries: Iterable[Summary], seal: Seal | None
) -> None:
    """Insert summaries of a session.

    Args:
        connection: In a transaction.
        session_id: The session's number.
        summaries: One that is there already stays as it is.
        seal: Seals all but their time, or None.

    Raises:
        CannotWrite: They cannot be sealed.
    """
    if seal is None:
        connection.executemany(_INSERT, [_plain(summary, session_id) for summary in summaries])
    else:
        kept = [seal_summary(summary, seal, session_id) for summary in summaries]
        connection.executemany(_INSERT_SEALED, [_row(sealed, session_id) for sealed in kept])


def summary_of(row: sqlite3.Row) -> Summary:
    """Return the summary of a row of `summaries` with its session's name.

    Raises:
        KeyError, TypeError, ValueError: The row is damaged.
    """
    values: dict[str, Any] = dict(row)
    return from_json({**values, **{name: json.loads(values[name]) for name in NESTED}})


def sealed_of(row: sqlite3.Row) -> Sealed:
    """Return the sealed summary of a row of `sealed_summaries`; raises as `summary_of` does."""
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
