"""Figures and dates that cannot be, in a journal that was changed or damaged, end in a sentence."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.cli.journals import report
from edge.journal.store import Journal
from tests.privacy.commands import invoke

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
def test_what_cannot_be_is_named_and_not_counted_with(tmp_path: Path, summaries, change: str, form: str) -> None:
    path = tmp_path / "j.sqlite"
    with Journal.open(path) as journal:
        journal.begin("kim", started_at=NOON, window_s=2.0, software="0.1")
        journal.write(*summaries("kim", 3))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(change)
    refused = invoke(report.app, path, "--windows", "--format", form, code=66)
    assert "holds a row that is no summary: a " in refused.stderr
    assert refused.stderr.count("\n") == 1
