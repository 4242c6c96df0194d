"""Summaries as columns, for tables of very many: a fraction of the time of an object for each."""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from edge.core.sessions import SessionRecord
from edge.core.summaries import NESTED, Sealed, Summary, utc_date
from edge.journal.rows import MOST

_TEXTS: Final = ("started_at", "segment")
_FLAT: Final = tuple(one.name for one in fields(Summary) if one.name not in ("kind", "session", *NESTED))
_AT_ONCE: Final = 10_000  # rows that are held in memory

SELECT_COLUMNS: Final = f"""SELECT {", ".join(_FLAT)}, '[' || {" || ',' || ".join(NESTED)} || ']'
FROM summaries WHERE session_id = ? AND kind = ? ORDER BY sequence"""

Row = Sequence[Any]  # of SELECT_COLUMNS, or of `row_of`


@dataclass(frozen=True, slots=True)
class Columns:
    """Summaries of one kind, one after another.

    Attributes:
        sessions: Whose they are, and how many of each session follow one another.
        fields: The values of each field of a summary but its kind and session; `unreadable`, `emotions` and the like
            are mappings. None: not measured, or sealed.
    """

    sessions: Sequence[tuple[SessionRecord, int]]
    fields: Mapping[str, Sequence[Any]]


def row_of(kept: Summary | Sealed) -> Row:
    """Return a summary as a row; of a sealed one there is its time alone."""
    return _values(kept)


def row_of_session(session: SessionRecord) -> Row:
    """Return a session's own summary as a row; without one its beginning alone."""
    return _values(session.summary or SimpleNamespace(sequence=0, started_at=session.started_at))


def _values(kept: object) -> Row:
    return (*(getattr(kept, name, None) for name in _FLAT), [getattr(kept, name, None) for name in NESTED])


def in_columns(rows: Iterable[tuple[SessionRecord, Iterator[Row]]]) -> Iterator[Columns]:
    """Yield columns, some thousands of rows at once.

    Args:
        rows: Sessions, each with its rows.

    Raises:
        TypeError, ValueError: A row is damaged.
    """
    sessions, held = list[tuple[SessionRecord, int]](), list[Row]()
    for session, of_session in rows:
        while some := list(islice(of_session, _AT_ONCE - len(held))):
            held += some
            sessions.append((session, len(some)))
            if len(held) == _AT_ONCE:
                yield _in_columns(sessions, held)
                sessions, held = [], []
    if held:
        yield _in_columns(sessions, held)


def _in_columns(sessions: Sequence[tuple[SessionRecord, int]], rows: Sequence[Row]) -> Columns:
    collects = gc.isenabled()
    gc.disable()  # it would look at 100,000 new mappings again and again: a fifth of the time
    try:
        return Columns(sessions, _fields(rows))
    finally:
        if collects:
            gc.enable()


def _fields(rows: Sequence[Row]) -> dict[str, Sequence[Any]]:
    *flat, nested = zip(*rows, strict=True)
    columns: dict[str, Sequence[Any]] = dict(zip(_FLAT, flat, strict=True))
    figures = np.array([column for name, column in columns.items() if name not in _TEXTS], np.float64)
    if (wrong := figures[np.abs(figures) > MOST]).size:
        raise ValueError(f"a figure in it is {wrong[0]:g}")
    texts = iter(json.loads(f"[{','.join([one for one in nested if not isinstance(one, list)])}]"))  # all at once
    mappings = [one if isinstance(one, list) else next(texts) for one in nested]
    columns.update(zip(NESTED, zip(*mappings, strict=True), strict=True))
    columns["started_at"] = [_date(one) if isinstance(one, str) else one for one in columns["started_at"]]
    for name in ("emotions", "levels"):  # earlier versions wrote shares of 0 where nothing was readable
        columns[name] = [one if one and any(one.values()) else None for one in columns[name]]
    return columns


def _date(text: str) -> datetime | None:
    if not "1900" <= text[:4] <= "9000":
        raise ValueError(f"a date in it is {text}")
    return utc_date(text)
