"""JSON lines after a run that was killed: the next start adds what its journal has and the lines have not."""

import json
import logging
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.config import Config
from edge.core.summaries import Kind
from edge.journal.lines.completing import missing_lines
from edge.journal.lines.jsonl import JsonLines
from edge.journal.meta import LINES, note_settings, read_meta
from edge.journal.reading import JournalReader
from edge.journal.store import Journal
from edge.run.outputs.keeping import opened_keeping
from tests.journal.conftest import NOON

KILLED = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.config import Config
from edge.core.readings import Observation, Unreadable
from edge.core.windowing.windows import Windows
from edge.journal.lines.jsonl import JsonLines
from edge.run.outputs.keeping import opened_keeping

noon, write = datetime(2026, 3, 1, 12, tzinfo=UTC), JsonLines.write

def killed_before_the_third(self, *summaries):
    if summaries[0].sequence == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, *summaries)

JsonLines.write = killed_before_the_third
folder = Path(sys.argv[1])
config = Config(journal=folder / "journal.sqlite", jsonl=str(folder / "out.jsonl"), session="killed", window=1.0)
with opened_keeping(config, "camera 0") as kept:
    kept.begin(noon)
    windows = Windows("killed", 1.0)
    for tick in range(9):
        seen = Observation(float(tick), noon + timedelta(seconds=tick), None, 0, None, Unreadable.NO_FACE)
        for summary in windows.add(seen):
            kept.write(summary)
"""


def parsed(path: Path):
    found = []
    for line in path.read_text().splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return [(line["session"], line["kind"], line["sequence"]) for line in found]


def start(folder: Path, session: str, written=(), **settings):
    """A run of a session with JSON lines beside its journal."""
    config = Config(
        journal=folder / "journal.sqlite", jsonl=str(folder / "out.jsonl"), session=session, window=2.0, **settings
    )
    with opened_keeping(config, "camera 0", synchronised=lambda: True) as kept:
        kept.begin(NOON)
        for summary in written:
            kept.write(summary)


def test_a_killed_run_leaves_no_hole_in_the_lines(tmp_path, summaries):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL
    lines = tmp_path / "out.jsonl"
    assert parsed(lines) == [("killed", "window", 0), ("killed", "window", 1)]
    with lines.open("a") as file:
        file.write('{"kind": "window", "session": "kil')  # as a power cut tears one
    start(tmp_path, "next", summaries("next", 1))
    expected = [
        *(("killed", "window", number) for number in range(3)),
        ("killed", "session", 3),
        ("next", "window", 0),
        ("next", "session", 1),
    ]
    assert parsed(lines) == expected
    with JournalReader.open(tmp_path / "journal.sqlite") as reader:
        kept = [session.name for session in reader.sessions()]
    assert kept == ["killed", "next"]
    start(tmp_path, "third")
    assert parsed(lines) == expected, "what is complete is completed once"


@pytest.fixture
def interrupted(tmp_path, summaries):
    """A folder in which the run of session `s` wrote two of three windows as lines, and was killed."""
    start(tmp_path, "before", summaries("before", 1))
    with Journal.open(tmp_path / "journal.sqlite") as journal, JsonLines.open(str(tmp_path / "out.jsonl")) as lines:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0")
        windows = [one for one in summaries("s", 3) if one.kind is Kind.WINDOW]
        journal.write(*windows)
        lines.write(*windows[:2])
    return tmp_path


def test_a_file_that_was_closed_meanwhile_counts_too(interrupted):
    (interrupted / "out.jsonl").rename(interrupted / "out.jsonl.2026-03-02")
    start(interrupted, "next")
    assert parsed(interrupted / "out.jsonl") == [("s", "window", 2), ("s", "session", 3)]


def test_a_session_without_any_line_is_written_whole(interrupted):
    path = interrupted / "out.jsonl"
    path.write_text("".join(line + "\n" for line in path.read_text().splitlines() if '"before"' in line))
    start(interrupted, "next")
    assert parsed(path)[2:] == [*(("s", "window", number) for number in range(3)), ("s", "session", 3)]


def test_lines_of_a_complete_session_that_were_taken_away_stay_away(tmp_path, summaries):
    start(tmp_path, "s", summaries("s", 2))
    (tmp_path / "out.jsonl").write_text("")
    start(tmp_path, "next")
    assert parsed(tmp_path / "out.jsonl") == []


def test_another_file_of_lines_is_not_given_the_session_before(interrupted, summaries):
    config = Config(journal=interrupted / "journal.sqlite", jsonl=str(interrupted / "other.jsonl"), session="t")
    with opened_keeping(config, "camera 0") as kept:
        kept.begin(NOON)
    assert (interrupted / "other.jsonl").read_text() == ""


def test_lines_that_cannot_be_completed_stop_no_session(interrupted, summaries, monkeypatch, caplog):
    def refused(journal, lines):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("edge.run.outputs.keeping.missing_lines", refused)
    with caplog.at_level(logging.WARNING):
        start(interrupted, "next", summaries("next", 1))
    assert "were not completed" in caplog.text
    assert parsed(interrupted / "out.jsonl")[-1] == ("next", "session", 1)


@pytest.mark.parametrize(
    "last",
    [
        '{"session": "s"}',
        '{"session": "s", "kind": [], "sequence": 1}',
        '{"session": "s", "ki',
        pytest.param(f'{{"session": "s", "x": {"[" * 10_000}', id="nested"),
        None,
    ],
)
def test_without_a_line_that_says_how_far_it_got_the_first_session_is_written_whole(tmp_path, summaries, last):
    lines = tmp_path / "out.jsonl"
    if last is not None:
        lines.write_text(last + "\n")
    windows = [one for one in summaries("s", 2) if one.kind is Kind.WINDOW]
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.begin("s", started_at=NOON, window_s=2.0, software="0")
        journal.write(*windows)
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        missing = missing_lines(journal, lines)
    assert [(one.kind, one.sequence) for one in missing] == [(Kind.WINDOW, 0), (Kind.WINDOW, 1), (Kind.SESSION, 2)]


def test_nothing_is_missing_in_an_empty_journal(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        assert missing_lines(journal, tmp_path / "absent.jsonl") == []


def test_settings_of_the_last_run_replace_those_before(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path) as journal:
        made = note_settings(journal, {"booth": "hall-1", "retention_days": 30.0, LINES: None})
        assert list(made) == ["journal"]
        assert note_settings(journal, {"booth": None, "retention_days": 7.0})["booth"] == "hall-1"
    with closing(sqlite3.connect(path)) as connection:
        kept = read_meta(connection)
    assert kept == {**made, "retention_days": "7.0"}
    assert len(kept["journal"]) == 32
