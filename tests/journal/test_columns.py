"""Summaries as columns: what stands in them where there is no summary, another date, or a seal."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import SourceNotFound
from edge.core.summaries import Kind
from edge.journal.columns import Columns
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Keys, Seal, new_key
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT_NOON = np.datetime64("2026-03-01T12:00:00", "us")


def columns(path: Path, kind: Kind, keys: Keys | None = None) -> Columns:
    with JournalReader.open(path) as reader:
        if keys is not None:
            reader.unlock(keys)
        (found,) = reader.columns(reader.sessions(), kind)
    return found


def test_a_session_without_a_window_has_its_beginning_alone(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j") as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0")
    found = columns(tmp_path / "j", Kind.SESSION)
    assert (found.started_at.tolist(), found.segments) == ([AT_NOON.item()], (None,))
    assert {name for name, figures in found.numbers.items() if not np.isnan(figures[0])} == {"sequence"}
    assert found.numbers["sequence"].tolist() == [0.0]


@pytest.mark.parametrize("text", ["2026-03-01T12:00:00Z", "2026-03-01T14:30:00.000000+02:30", "2026-03-01T12:00+00:00"])
def test_a_date_in_another_form_is_the_same_moment(journal: Path, text: str) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("UPDATE summaries SET started_at = ? WHERE sequence = 0 AND kind = 'window'", (text,))
    assert columns(journal, Kind.WINDOW).started_at[0] == AT_NOON


@pytest.mark.parametrize(
    ("change", "possible"),
    [
        ("started_at = '1900-01-01T00:00:00.000000Z'", True),
        ("started_at = '1899-12-31T23:59:59.999999Z'", False),
        ("started_at = '9000-12-31T23:59:59.999999Z'", True),
        ("started_at = '9001-01-01T00:00:00.000000Z'", False),
        ("score_mean = 1e15", True),
        ("score_mean = -1.1e15", False),
    ],
)
def test_figures_and_dates_that_cannot_be_are_damage_and_the_last_that_can_are_not(
    journal: Path, change: str, possible: bool
) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute(f"UPDATE summaries SET {change} WHERE sequence = 1 AND kind = 'window'")
    if possible:
        assert len(columns(journal, Kind.WINDOW).started_at) == 3
    else:
        with pytest.raises(SourceNotFound, match=r"holds a row that is no summary: a (date|figure) in it"):
            columns(journal, Kind.WINDOW)


def test_a_date_that_is_none_is_damage(journal: Path) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("UPDATE summaries SET started_at = CAST(x'ff32303236' AS TEXT) WHERE sequence = 1")
    with pytest.raises(SourceNotFound, match="holds a row that is no summary"):
        columns(journal, Kind.WINDOW)


def test_sealed_segments_have_their_names_and_dates_once_they_are_opened(tmp_path: Path, summaries) -> None:
    recipient, path = new_key(tmp_path / "key"), tmp_path / "j"
    *windows, whole = summaries("s", 2)
    segments = [replace(one, kind=Kind.SEGMENT, segment=f"Q{one.sequence}") for one in windows]
    with Journal.open(path, Seal.to([recipient])) as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0")
        journal.write(*windows, *segments[:1], whole)
    sealed = columns(path, Kind.SEGMENT)
    opened = columns(path, Kind.SEGMENT, Keys.of([str(tmp_path / "key")]))
    assert (sealed.segments, opened.segments) == ((None,), ("Q0",))
    assert sealed.started_at.tolist() == opened.started_at.tolist() == [AT_NOON.item()]
    assert not sealed.labelled["levels"].known.any()
    assert opened.labelled["levels"].known.all()
