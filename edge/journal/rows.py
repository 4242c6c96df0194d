"""Rows of the journal's tables: summaries, plain or sealed, written and read."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from inspect import signature
from typing import Any, Final

from edge.core.choices.purpose import Purpose
from edge.core.sessions import SessionRecord, SessionState, StudyLabels, valid_session
from edge.core.summaries import NESTED, Kind, Sealed, Summary, date_of_tick, from_json, utc_date, utc_text
from edge.journal.sealing.seal import Seal, seal_summary

_BEGIN: Final = """INSERT INTO sessions
(name, started_at, window_s, software, source, purpose, boot_id, clock_synchronised, written_at,
participant, question, segment, fingerprint)
VALUES (:name, :started_at, :window_s, :software, :source, :purpose, :boot_id, :clock_synchronised, :written_at,
:participant, :question, :segment, :fingerprint)"""


MOST: Final = 1e15  # of any figure: seconds, frames, numbers of rows
_FIGURE: Final = (int, float)  # an `int | float` takes three times as long to compare


def _insertion(table: str, columns: Iterable[str]) -> str:
    """Rows are numbered over both tables in the order in which they are kept: retention goes by it.

    The same summary may be written a second time, for a commit that failed may be on the disk all the same.
    """
    names = ("session_id", "written_at", *columns)
    return f"""INSERT INTO {table} (id, {", ".join(names)}) VALUES (
    1 + max(ifnull((SELECT max(id) FROM summaries), 0), ifnull((SELECT max(id) FROM sealed_summaries), 0)),
    :{", :".join(names)})
    ON CONFLICT (session_id, kind, sequence) DO UPDATE SET length_s = excluded.length_s"""


_INSERT: Final = _insertion("summaries", (field.name for field in fields(Summary) if field.name != "session"))
_INSERT_SEALED: Final = _insertion(
    "sealed_summaries", (field.name for field in fields(Sealed) if field.name != "session")
)


def session_row(
    name: str,
    started_at: datetime | None,
    window_s: float,
    software: str,
    source: str | None,
    purpose: Purpose | None,
    boot_id: str | None,
    clock_synchronised: bool | None,
    written_at: datetime | None,
    labels: StudyLabels,
    fingerprint: str | None,
) -> dict[str, object]:
    """Return the row of a session; the arguments are as the fields of SessionRecord.

    Raises:
        UsageError: The name is impossible.
    """
    return {
        "name": valid_session(name),
        "started_at": _text_of(started_at),
        "window_s": window_s,
        "software": software,
        "source": source,
        "purpose": None if purpose is None else purpose.value,
        "boot_id": boot_id,
        "clock_synchronised": clock_synchronised,
        "written_at": _text_of(written_at),
        **asdict(labels),
        "fingerprint": fingerprint,
    }


def row_of_record(session: SessionRecord, written_at: datetime) -> dict[str, object]:
    """Return the row of a session that was recorded elsewhere, and is kept with a date (UTC) of its own."""
    known = {name: getattr(session, name) for name in signature(session_row).parameters}
    return session_row(**known | {"written_at": written_at})


def insert_session(connection: sqlite3.Connection, row: Mapping[str, object]) -> int:
    """Insert an open session; return its number."""
    session_id = connection.execute(_BEGIN, row).lastrowid
    assert session_id is not None
    return session_id


def insert_summaries(
    connection: sqlite3.Connection, session_id: int, summaries: Iterable[Summary], seal: Seal | None, now: datetime
) -> None:
    """Insert summaries of a session.

    Args:
        connection: In a transaction.
        session_id: The session's number.
        summaries: One that is there already stays as it is.
        seal: Seals all but their time, or None.
        now: The date (UTC), which summaries of a recording are kept with, each a microsecond after the one before.

    Raises:
        CannotWrite: They cannot be sealed.
    """
    found = connection.execute("SELECT written_at IS NOT NULL FROM sessions WHERE id = ?", (session_id,)).fetchone()
    recorded = bool(found and found[0])
    rows = [_plain(summary) if seal is None else _row(seal_summary(summary, seal, session_id)) for summary in summaries]
    for place, row in enumerate(rows):
        date = utc_text(now + timedelta(microseconds=place), "microseconds") if recorded else None
        row |= {"session_id": session_id, "written_at": date}
    connection.executemany(_INSERT if seal is None else _INSERT_SEALED, rows)


def correct_dates(connection: sqlite3.Connection, session_id: int, reference: Summary) -> str | None:
    """Correct the dates of a session and of its windows by their ticks, once the clock has been synchronised.

    Args:
        connection: In a transaction.
        session_id: The session's number.
        reference: A summary of the session whose date is certain.

    Returns:
        When the session began, UTC; None where neither a window nor `reference` says it.
    """
    kept = connection.execute(
        "SELECT id, started_tick_s, started_at FROM kept WHERE session_id = ? ORDER BY started_tick_s, id",
        (session_id,),
    )
    dates = [
        (_text_of(date_of_tick(of["started_tick_s"], utc_date(of["started_at"]), reference)), of["id"]) for of in kept
    ]
    for table in ("summaries", "sealed_summaries"):
        connection.executemany(f"UPDATE {table} SET started_at = ? WHERE id = ?", dates)
    began = dates[0][0] if dates else _text_of(reference.started_at)
    connection.execute(
        "UPDATE sessions SET started_at = ifnull(?, started_at), clock_synchronised = 1 WHERE id = ?",
        (began, session_id),
    )
    return began


def _text_of(date: datetime | None) -> str | None:
    return None if date is None else utc_text(date, "microseconds")


def refuse_impossible(row: sqlite3.Row) -> None:
    """Check that no figure or date of a row is one with which a report could not count.

    Raises:
        ValueError: A figure is beyond `MOST`, or a date before 1900 or after 9000.
    """
    for value in row:
        if isinstance(value, _FIGURE) and not -MOST <= value <= MOST:
            raise ValueError(f"a figure in it is {value:g}")
    for name in ("started_at", "written_at"):
        date = row[name]
        if date is not None and not "1900" <= str(date)[:4] <= "9000":
            raise ValueError(f"a date in it is {date}")


def summary_of(row: sqlite3.Row) -> Summary:
    """Return the summary of a row of `summaries` with its session's name.

    Raises:
        KeyError, TypeError, ValueError: The row is damaged.
    """
    refuse_impossible(row)
    values: dict[str, Any] = dict(row)
    nested = json.loads(f"[{','.join([values[name] for name in NESTED])}]")  # at once: half the time of six texts
    return from_json(values | dict(zip(NESTED, nested, strict=True)))


def session_of(
    row: sqlite3.Row, summary: Summary | None, sealed_length_s: float | None, started_tick_s: float | None = None
) -> SessionRecord:
    """Return the session of a row of `sessions` with its counts; raises as `summary_of` does.

    Args:
        row: As `edge.journal.query.Query.sessions` selects it.
        summary: As in SessionRecord.
        sealed_length_s: As in SessionRecord.
        started_tick_s: As in SessionRecord.
    """
    refuse_impossible(row)
    if started_tick_s is not None and not -MOST <= started_tick_s <= MOST:
        raise ValueError(f"a figure in it is {started_tick_s:g}")
    return SessionRecord(
        id=row["id"],
        name=row["name"],
        state=SessionState(row["state"]),
        started_at=utc_date(row["started_at"]),
        window_s=row["window_s"],
        software=row["software"],
        source=row["source"],
        windows=row["windows"],
        summary=summary,
        boot_id=row["boot_id"],
        clock_synchronised=None if row["clock_synchronised"] is None else bool(row["clock_synchronised"]),
        purpose=None if row["purpose"] is None else Purpose(row["purpose"]),
        sealed=row["sealed"],
        sealed_length_s=sealed_length_s,
        written_at=utc_date(row["written_at"]),
        labels=StudyLabels(row["participant"], row["question"], row["segment"]),
        segments=row["segments"],
        fingerprint=row["fingerprint"],
        started_tick_s=started_tick_s,
    )


def sealed_of(row: sqlite3.Row) -> Sealed:
    """Return the sealed summary of a row of `sealed_summaries`; raises as `summary_of` does."""
    refuse_impossible(row)
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Sealed)}
    return Sealed(**values | {"kind": Kind(values["kind"]), "started_at": utc_date(values["started_at"])})


def _plain(summary: Summary) -> dict[str, object]:
    row = _row(summary)
    return row | {name: json.dumps(row[name], allow_nan=False) for name in NESTED}


def _row(kept: Summary | Sealed) -> dict[str, object]:
    row = {name: value for name, value in asdict(kept).items() if name != "session"}
    started_at = None if kept.started_at is None else utc_text(kept.started_at, "microseconds")
    return {**row, "kind": kept.kind.value, "started_at": started_at}
