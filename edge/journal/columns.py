"""Summaries as columns, for tables of very many: a fraction of the time of an object for each."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import groupby, islice, pairwise
from operator import itemgetter
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.sessions import SessionRecord
from edge.core.summaries import NESTED, Kind, Sealed, Summary, utc_date
from edge.journal.labelled import Labelled, in_labels
from edge.journal.rows import MOST

_NUMBERS: Final = tuple(
    one.name for one in fields(Summary) if one.name not in ("kind", "session", "started_at", "segment", *NESTED)
)
_AT_ONCE: Final = 10_000  # rows that are held in memory
_WRITTEN: Final = len("2026-03-01T12:00:00.000000Z")  # a date as this program writes it

_TOGETHER: Final = 200  # sessions whose rows one query reads: one for each takes half as long again
_SELECT: Final = f"""SELECT CAST(started_at AS BLOB), segment, {", ".join(_NUMBERS)},
{", ".join(f"CAST({name} AS BLOB)" for name in NESTED)}, session_id
FROM summaries WHERE session_id IN (SELECT value FROM json_each(?)) AND kind = ? ORDER BY session_id, sequence"""

Row = Sequence[Any]  # of _SELECT, or of `row_of`


@dataclass(frozen=True, slots=True)
class Columns:
    """Summaries of one kind, one after another; what was not measured, or is sealed, is NaN, NaT, or not known.

    Attributes:
        sessions: Whose they are, and how many of each session follow one another.
        numbers: The fields of a summary that hold one number.
        labelled: Its fields that hold numbers by label.
        started_at: Dates, UTC, to the microsecond.
        segments: Names of segments, or None.
    """

    sessions: Sequence[tuple[SessionRecord, int]]
    numbers: Mapping[str, NDArray[np.float64]]
    labelled: Mapping[str, Labelled]
    started_at: NDArray[np.datetime64]
    segments: Sequence[str | None]


def row_of(kept: Summary | Sealed) -> Row:
    """Return a summary as a row; of a sealed one there is its time alone."""
    return _values(kept)


def row_of_session(session: SessionRecord) -> Row:
    """Return a session's own summary as a row; without one its beginning alone."""
    return _values(session.summary or SimpleNamespace(sequence=0, started_at=session.started_at))


def _values(kept: object) -> Row:
    return tuple(getattr(kept, name, None) for name in ("started_at", "segment", *_NUMBERS, *NESTED, "session_id"))


def selected(
    connection: sqlite3.Connection, sessions: Iterable[SessionRecord], kind: Kind
) -> Iterator[tuple[SessionRecord, Iterator[Row]]]:
    """Yield sessions of a journal, none of which is sealed, with their rows; those without any are left out."""
    sessions = iter(sessions)
    while some := {session.id: session for session in islice(sessions, _TOGETHER)}:
        cursor = connection.cursor()
        cursor.row_factory = None
        for number in _rising(list(some)):
            for id, rows in groupby(cursor.execute(_SELECT, (json.dumps(number), kind.value)), itemgetter(-1)):
                yield some[id], rows


def _rising(numbers: Sequence[int]) -> Iterator[list[int]]:
    """The same numbers in the same order, in parts in which each is larger than the one before."""
    ends = [place for place in range(1, len(numbers)) if numbers[place] < numbers[place - 1]]
    for first, end in pairwise([0, *ends, len(numbers)]):
        yield list(numbers[first:end])


def in_columns(rows: Iterable[tuple[SessionRecord, Iterator[Row]]]) -> Iterator[Columns]:
    """Yield columns, some thousands of rows at once.

    Args:
        rows: Sessions, each with its rows.

    Raises:
        TypeError, ValueError: A row is damaged.
    """
    sessions, held, many = list[tuple[SessionRecord, int]](), list[Row](), False
    for session, of_session in rows:
        while some := list(islice(of_session, _AT_ONCE - len(held))):
            held += some
            sessions.append((session, len(some)))
            if len(held) == _AT_ONCE:
                yield _in_columns(sessions, held, many)
                sessions, held, many = [], [], True
    if held:
        yield _in_columns(sessions, held, many)


def _in_columns(sessions: Sequence[tuple[SessionRecord, int]], rows: Sequence[Row], many: bool) -> Columns:
    dates, segments, *rest, _ = zip(*rows, strict=True)
    numbers = np.array(rest[: len(_NUMBERS)], np.float64)
    if (wrong := numbers[np.abs(numbers) > MOST]).size:
        raise ValueError(f"a figure in it is {wrong[0]:g}")
    of = dict(zip(_NUMBERS, numbers, strict=True))
    return Columns(sessions, of, in_labels(rest[len(_NUMBERS) :], fast=many), _dates(dates), segments)


def _dates(given: Sequence[datetime | bytes | None]) -> NDArray[np.datetime64]:
    """Dates of objects and of texts, whose years are those that `refuse_impossible` allows."""
    alike = set(map(type, given)) == {bytes} and set(map(len, given)) == {_WRITTEN}  # type: ignore[arg-type]
    texts = np.array(given if alike else [_written(one) for one in given], f"S{_WRITTEN}")
    written = texts != b""
    if written.any() and (np.char.endswith(texts[written], b"Z")).all():
        dates = np.where(written, texts.astype(f"S{_WRITTEN - 1}"), b"NaT").astype("M8[us]")
    else:
        written, dates = np.zeros(len(given), np.bool_), np.full(len(given), "NaT", "M8[us]")
    for place in np.flatnonzero(~written):
        dates[place] = _date(given[place])
    if (wrong := dates[(dates < np.datetime64("1900")) | (dates >= np.datetime64("9001"))]).size:
        raise ValueError(f"a date in it is {wrong[0]}")
    return dates


def _written(given: datetime | bytes | None) -> bytes:
    return given if isinstance(given, bytes) and len(given) == _WRITTEN else b""


def _date(given: datetime | bytes | None) -> np.datetime64:
    date = utc_date(given.decode("utf-8", "replace")) if isinstance(given, bytes) else given
    return np.datetime64("NaT" if date is None else date.astimezone(UTC).replace(tzinfo=None), "us")
