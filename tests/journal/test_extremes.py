"""Figures and dates that cannot be, in a journal that was changed or damaged, end in a sentence."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import pytest

from edge.cli.journals import report
from edge.core.errors import SourceNotFound
from edge.core.readings import Unreadable
from edge.journal.reading import JournalReader
from edge.journal.rows import MOST
from edge.journal.store import Journal
from tests.privacy.commands import invoke

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def changed(journal: Path, change: str) -> Path:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(change)
    return journal


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET window_s = 1e308",
        "UPDATE summaries SET readable_share = -1e308",
        "UPDATE summaries SET length_s = 9e999",
        "UPDATE summaries SET sequence = 9223372036854775807 WHERE sequence = 1",
        "UPDATE summaries SET started_at = '9999-12-31T23:59:59.999999Z'",
        "UPDATE sessions SET started_at = '0001-01-01T00:00:00.000000Z'",
    ],
)
@pytest.mark.parametrize("form", ["text", "html", "csv"])
def test_what_cannot_be_is_named_and_not_counted_with(journal: Path, change: str, form: str) -> None:
    refused = invoke(report.app, changed(journal, change), "--windows", "--format", form, code=66)
    assert "holds a row that is no summary: a " in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "change",
    [
        f"score_mean = {MOST}",
        f"score_mean = {-MOST}",
        "started_at = '1900-01-01T00:00:00.000000Z'",
        "started_at = '9000-12-31T00:00:00.000000Z'",
    ],
)
def test_what_can_just_be_is_read(journal: Path, change: str) -> None:
    with JournalReader.open(changed(journal, f"UPDATE summaries SET {change}")) as reader:
        (session,) = reader.sessions()
        assert len(list(reader.windows(session.id))) == 3


def test_two_texts_in_one_cell_do_not_move_into_the_cells_beside_it(journal: Path) -> None:
    with (
        JournalReader.open(changed(journal, "UPDATE summaries SET gaps = gaps || ',{}'")) as reader,
        pytest.raises(SourceNotFound, match="holds a row that is no summary"),
    ):
        list(reader.windows(1))


def test_a_share_that_is_no_number_is_refused_and_what_follows_is_kept(tmp_path: Path, summaries) -> None:
    path = tmp_path / "new.sqlite"
    first, second, _ = summaries("kim", 2)
    with Journal.open(path) as opened:
        session = opened.begin("kim", started_at=NOON, window_s=2.0, software="0.1")
        with pytest.raises(ValueError, match="not JSON compliant"):
            opened.write(replace(first, unreadable={Unreadable.NO_FACE: nan}))
        opened.write(second)
        assert list(opened.windows(session)) == [second]
