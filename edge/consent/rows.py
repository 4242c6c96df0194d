"""Rows of the consent store as consents and receipts, and for how long they hold."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.consent.types import CaptureState, Consent, ConsentState, Receipt

MOST_S: Final = 24 * 3600.0  # for which a consent can be given
BEGIN_WITHIN_S: Final = 600.0  # a consent under which nothing was recorded by then is over: who sits there now?
_ROUNDED_S: Final = 1.0  # more than a sum of two ticks is off by


def consent_of(row: sqlite3.Row, tick_s: float, boot: str | None) -> Consent:
    """Return the consent of a session's row joined with its receipt's.

    Args:
        row: Of both tables.
        tick_s: Seconds since the machine was started.
        boot: This start of the machine; None where it is not known.

    Raises:
        ValueError: The row cannot be understood.
    """
    receipt = receipt_of(row)
    granted_s, until_s = float(row["granted_tick_s"]), float(row["until_tick_s"])
    left_s = until_s - tick_s
    if not 0 <= until_s - granted_s <= MOST_S + _ROUNDED_S:
        raise ValueError("a consent in it is longer than one can be given")
    if row["journal"] is None:  # not begun: its time does not run yet
        until_s, left_s = granted_s + BEGIN_WITHIN_S, until_s - granted_s
    if receipt.state is not ConsentState.GRANTED or row["boot_id"] != boot or not granted_s <= tick_s < until_s:
        left_s = 0.0
    journal, jsonl = (None if row[name] is None else Path(row[name]) for name in ("journal", "jsonl"))
    capture = None if row["capture"] is None else CaptureState(row["capture"])
    return Consent(row["name"], receipt, left_s, journal, jsonl, capture)


def receipt_of(row: sqlite3.Row) -> Receipt:
    """Return the receipt of a row.

    Raises:
        ValueError: The row cannot be understood.
    """
    erased = row["erased_at"]
    return Receipt(
        row["id"],
        _date(row["granted_at"]),
        row["notice_version"],
        row["notice_sha256"],
        ConsentState(row["state"]),
        _date(row["changed_at"]),
        None if erased is None else _date(erased),
    )


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
