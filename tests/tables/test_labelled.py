"""Tables of many windows, whose JSON the package pyarrow reads where it is installed: with the same figures."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli.journals.report import app
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.summaries import NESTED, Kind
from edge.journal.labelled import in_labels
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
        "emotion_changes": [f'{{"happy": -0.{number}}}' for number in range(1, 6)],
        "levels": ("null", '{"reserved": 0.1, "balanced": 1}', '{"reserved": 1e-05, "balanced": 0.123456789}'),
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
    for name in ("pyarrow", "pyarrow.csv"):
        patch.setitem(sys.modules, name, None)


def test_the_table_is_the_same_with_and_without_pyarrow_and_has_the_figures_of_json(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import csv as reader

    read, rows = reader.read_csv, list[int]()

    def counted(*given, **options):
        table = read(*given, **options)
        rows.append(table.num_rows)
        return table

    monkeypatch.setattr(reader, "read_csv", counted)
    fast = report(journal, "--format", "csv")
    assert fast.exit_code == 0, fast.output
    assert {AT_ONCE, AT_ONCE - 1} <= set(rows), "some fields of all rows, and one that is unknown in a row"
    count = len(rows)
    with monkeypatch.context() as patch:
        without_pyarrow(patch)
        plain = report(journal, "--format", "csv")
    assert (plain.exit_code, len(rows)) == (0, count)
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


@pytest.mark.parametrize("name", ["gaps", "emotion_changes"])
@pytest.mark.parametrize("two", ['{"happy": 1.0}\n{"happy": 2.0}', '{"happy": 1.0},{"happy": 2.0}'])
def test_a_row_that_holds_two_texts_is_damage_with_pyarrow_too(journal: Path, two: str, name: str) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE summaries SET {name} = ? WHERE session_id = 2 AND sequence = 5", (two,))
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


@pytest.mark.parametrize(
    "other",
    [
        pytest.param('{"happx": 0.25, "sad": 0.5}', id="label"),
        pytest.param('{"sad": 0.25, "happy": 0.5}', id="order"),
        pytest.param('{"happy": 0.25}', id="fewer"),
        pytest.param('{"happy": 0.25, "sad": 0.5, "fear": 0.5}', id="more"),
        pytest.param('{"happy":0.25,"sad":0.5}', id="spaces"),
        pytest.param('{"happy": 0.25,\n "sad": 0.5}', id="lines"),
        pytest.param('{"happy": null, "sad": 0.5}', id="null"),
        pytest.param('{"a:,}": 0.25, "sad": 0.5}', id="marks"),
        pytest.param("{}", id="empty"),
    ],
)
@pytest.mark.parametrize("place", [0, 3])
def test_a_row_that_is_written_otherwise_is_read_as_json(other: str, place: int) -> None:
    means = [f'{{"happy": 0.{number}, "sad": 0.{number}5}}' for number in range(1, 8)]
    means[place] = other
    alike = [b'{"x": 0.5}'] * len(means)
    fields = [[text.encode() for text in means] if name == "emotion_means" else alike for name in NESTED]
    found = in_labels(fields, fast=True)["emotion_means"]
    expected = [json.loads(text) for text in means]
    for label in {label for one in expected for label in one}:
        figures = [None if figure != figure else figure for figure in found.of[label].tolist()]
        assert figures == [one.get(label) for one in expected], label
    assert found.known.all()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("text", [b"null", b"{}", b'{"happy": 0.5}'])
def test_the_last_few_rows_of_many_are_read_too(text: bytes, count: int) -> None:
    found = in_labels([[text] * count] * len(NESTED), fast=True)["gaps"]
    assert found.known.tolist() == [text != b"null"] * count
    assert {label: figures.tolist() for label, figures in found.of.items()} == (
        {"happy": [0.5] * count} if b"happy" in text else {}
    )


def test_rows_are_in_the_order_of_the_sessions_that_are_given(journal: Path) -> None:
    with Journal.open(journal) as opened:
        sessions = opened.sessions()
        forward = list(opened.columns(sessions, Kind.WINDOW))
        back = list(opened.columns(sessions[::-1], Kind.WINDOW))
    for columns, names in ((forward, ["first", "second"]), (back, ["second", "first"])):
        given = [session.name for some in columns for session, count in some.sessions for _ in range(count)]
        assert given == [name for name in names for _ in range(6)]
        sequence = [number for some in columns for number in some.numbers["sequence"].tolist()]
        assert sequence == [*range(6), *range(6)]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_is_written_without_pandas(journal: Path, form: str, tmp_path: Path) -> None:
    program = """
import sys
import edge.journal.columns
from edge.cli.journals.report import app
edge.journal.columns._AT_ONCE = 4
app(sys.argv[1:], standalone_mode=False)
assert "pyarrow" in sys.modules
assert "pandas" not in sys.modules, "its import takes a second"
"""
    words = [str(journal), "--windows", "--format", form, "-o", str(tmp_path / f"windows.{form}")]
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
