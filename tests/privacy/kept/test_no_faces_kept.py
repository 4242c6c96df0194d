"""What is kept has no place for a face: no BLOB, no embedding, no landmark, and few figures a summary."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.core.gaps import Gap
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Unreadable
from edge.journal.schema import MIGRATIONS, migrate
from edge.journal.store import Journal

_LABELS = {
    *EMOTIONS,
    *(level.value for level in LEVELS),
    *(reason.value for each in (Unreadable, Gap) for reason in each),
}
_MOST_FIGURES = 48  # of a summary; the smallest face embedding in use has 128, MediaPipe's landmarks are 12
_MOST_LETTERS = 400
_OF_A_FACE = re.compile(
    "blob|embed|landmark|keypoint|vector|feature|descriptor|template|biometric|crop|image|picture|pixel|thumb|"
    "(^|_)(x|y|box|left|top|width|height|eye|nose|mouth|ear)(_|$)"
)
_SEALED = "-----BEGIN AGE ENCRYPTED FILE-----"


@pytest.fixture(scope="module")
def kept(module_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is kept in a database: a session in clear, one sealed, and a consent."""
    folder = tmp_path_factory.mktemp("kept")
    key, where = folder / "key", ("--journal", folder / "journal.sqlite")
    reported = module_run("edge-keys", "new", key)
    assert reported.returncode == 0, reported.stderr
    demo = ("--source", "demo:fast", "--window", 1, "--duration", 4, *where)
    for words in (
        ("edge-run", *demo, "--session", "clear", "--jsonl", folder / "lines"),
        ("edge-run", *demo, "--session", "sealed", "--seal-to", reported.stdout.strip()),
        ("edge-consent", "grant", "kim", "--notice-version", "1", *where),
    ):
        done = module_run(*words)
        assert done.returncode == 0, done.stderr
    return folder


def databases(folder: Path) -> Iterator[sqlite3.Connection]:
    for path in sorted(folder.glob("*.sqlite")):
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [name for (name,) in found]


def complaints(connection: sqlite3.Connection) -> list[str]:
    """What in a database's tables could hold a picture or a face, or hold anything at all."""
    found = []
    strict = {row[1]: row[5] for row in connection.execute("PRAGMA table_list")}
    for table in tables(connection):
        if not strict[table]:
            found.append(f"{table} takes any type")
        for name, kind in connection.execute("SELECT name, type FROM pragma_table_xinfo(?)", (table,)):
            if kind not in ("INTEGER", "REAL", "TEXT"):
                found.append(f"{table}.{name} is {kind or 'of any type'}")
            if _OF_A_FACE.search(name):
                found.append(f"{table}.{name} sounds like a face")
    return found


def test_no_table_has_a_place_for_a_picture_or_a_face(kept):
    looked_at = 0
    for connection in databases(kept):
        looked_at += len(tables(connection))
        assert complaints(connection) == []
    assert looked_at >= 6  # the journal's, and consent's


def test_nor_had_any_version_of_the_journal():
    for version in range(1, len(MIGRATIONS) + 1):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            migrate(connection, MIGRATIONS[:version])
            assert complaints(connection) == [], version


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE summaries ADD COLUMN thumbnail TEXT",
        "ALTER TABLE summaries ADD COLUMN more BLOB",
        "ALTER TABLE sessions ADD COLUMN landmarks TEXT",
        "ALTER TABLE summaries ADD COLUMN nose_x REAL",
        "CREATE TABLE other (id INTEGER PRIMARY KEY, embedding TEXT) STRICT",
        "CREATE TABLE other (id INTEGER PRIMARY KEY, text TEXT)",
    ],
)
def test_a_place_for_one_is_noticed(change):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS)
        connection.execute(change)
        assert len(complaints(connection)) == 1


def test_what_is_kept_of_a_summary_is_a_handful_of_figures(kept):
    rows = 0
    for connection in databases(kept):
        for table in tables(connection):
            for row in connection.execute(f'SELECT * FROM "{table}"'):  # a name of our own
                rows += 1
                assert figures(dict(row)) <= _MOST_FIGURES, dict(row)
    assert rows > 10
    lines = [json.loads(line) for line in (kept / "lines").read_text().splitlines()]
    assert len(lines) == 5
    for line in lines:
        assert figures(line) <= _MOST_FIGURES, line
        assert not [name for name in line if _OF_A_FACE.search(name)]


def test_a_journal_takes_nothing_but_summaries(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite") as journal, pytest.raises(Exception, match=r"bytes|attribute"):
        journal.write(b"a picture")  # type: ignore[arg-type]


def figures(row: dict[str, object]) -> int:
    """How many figures a row or a line holds; fails for anything that is neither one, nor short, nor of known names."""
    count = 0
    for value in row.values():
        if isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        if isinstance(value, dict):
            assert value.keys() <= _LABELS, value
            assert all(isinstance(each, int | float) for each in value.values()), value
            count += len(value)
        elif isinstance(value, str):
            assert value.startswith(_SEALED) or len(value) <= _MOST_LETTERS, value
        else:
            assert isinstance(value, int | float | None), value
            count += 1
    return count
