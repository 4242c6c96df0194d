"""Tables of many windows, whose JSON the package pyarrow reads where it is installed: with the same figures."""

import csv
import io
import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli.journals.report import app
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.summaries import NESTED
from edge.journal import labelled
from edge.journal.store import Journal

AT_ONCE = 4  # rows; the first so many are always read without pyarrow


@pytest.fixture
def journal(tmp_path: Path, summaries, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of two sessions with rows as earlier versions and other networks wrote them."""
    monkeypatch.setattr("edge.journal.columns._AT_ONCE", AT_ONCE)
    path = tmp_path / "journal"
    with Journal.open(path) as opened:
        for name in ("first", "second"):
            opened.begin(name, started_at=datetime(2026, 3, 1, 12, tzinfo=UTC), window_s=2.0, software="0")
            for summary in summaries(name, 6):
                opened.write(summary)
    edits = {
        "emotions": ('{"happy": 0.0, "sad": 0.0}', "null", '{"happy": 1, "contempt": 2.5e-05}'),
        "emotion_means": ("null", '{"happy": 0.123456499, "contempt": 0.5}', '{"happy": 0.1234565}'),
        "gaps": ("{}", '{"camera_busy": 1.25}', "{}"),
        "unreadable": ('{"no_frames": 0.25}', '{"no_face": 1}', '{"no_face": 0.0}'),
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name, values in edits.items():
            for sequence, value in enumerate(values, start=1):
                connection.execute(f"UPDATE summaries SET {name} = ? WHERE sequence = ?", (value, sequence))
    return path


def report(path: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [str(path), "--windows", *words])


def without_pyarrow(patch: pytest.MonkeyPatch) -> None:
    for name in ("pyarrow", "pyarrow.json"):
        patch.setitem(sys.modules, name, None)


def test_the_table_is_the_same_with_and_without_pyarrow_and_has_the_figures_of_json(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import json as reader

    read, read_by_python, rows, by_python = reader.read_json, labelled._by_python, list[int](), list[int]()

    def counted(*given, **options):
        table = read(*given, **options)
        rows.append(table.num_rows)
        return table

    def counted_too(given):
        by_python.append(len(given))
        return read_by_python(given)

    monkeypatch.setattr(reader, "read_json", counted)
    monkeypatch.setattr(labelled, "_by_python", counted_too)
    fast = report(journal, "--format", "csv")
    assert (fast.exit_code, rows, by_python) == (0, [AT_ONCE, AT_ONCE], [AT_ONCE]), fast.output
    with monkeypatch.context() as patch:
        without_pyarrow(patch)
        plain = report(journal, "--format", "csv")
    assert (plain.exit_code, len(rows), by_python) == (0, 2, [AT_ONCE] * 4)
    assert fast.stdout == plain.stdout

    table = list(csv.DictReader(io.StringIO(fast.stdout, newline="")))
    windows = [
        one
        for session in json.loads(report(journal, "--format", "json").stdout)["sessions"]
        for one in session["windows"]
    ]
    for field, labels, column in (
        ("levels", [level.value for level in LEVELS], "level_{}_share"),
        ("emotions", EMOTIONS, "emotion_{}_share"),
        ("emotion_means", EMOTIONS, "emotion_{}_mean"),
    ):
        for label in labels:
            cells = [row[column.format(label)] for row in table]
            assert cells == [_cell((window[field] or {}).get(label)) for window in windows], label
    assert [row["gap_camera_busy_s"] for row in table] == ["0.0", "", "1.25", *["0.0"] * 3] * 2


def test_a_row_that_holds_two_texts_is_damage_with_pyarrow_too(journal: Path) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        two = "{}}\n{" + ",".join(f'"{name}":null' for name in NESTED[:3]) + ',"gaps":{}'
        connection.execute("UPDATE summaries SET gaps = ? WHERE session_id = 2 AND sequence = 5", (two,))
    answer = report(journal, "--format", "csv")
    assert (answer.exit_code, "holds a row that is no summary" in answer.stderr) == (66, True)


def _cell(figure: float | None) -> str:
    return "" if figure is None else repr(float(figure))


@pytest.mark.parametrize("damage", ['"happy"', "[1]", '{"happy": "1.5x"}'])
def test_json_that_holds_no_figures_is_damage_with_and_without_pyarrow(
    journal: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("UPDATE summaries SET emotion_means = ? WHERE session_id = 2 AND sequence = 5", (damage,))
    fast = report(journal, "--format", "csv")
    without_pyarrow(monkeypatch)
    plain = report(journal, "--format", "csv")
    assert (fast.exit_code, fast.stderr) == (66, plain.stderr)
    assert "holds a row that is no summary" in plain.stderr
