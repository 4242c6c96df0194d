"""The demo from end to end: its timetable comes back out, on the screen, in the journal and as JSON lines."""

import json
import re
import sqlite3
import subprocess
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from edge.core.summaries import Summary, as_json
from edge.journal.reading import JournalReader
from tests.cli.conftest import Run

READING = re.compile(
    r"^(Reserved Expression|Balanced Expression|Expressive): [01]\.\d\d  \d+/100 \[[-*|]{11}\]"
    r"  [a-z]+ [01]\.\d\d  (\d+\.\d|-) fps$"
)


@dataclass(frozen=True)
class Played:
    """A run of the demo's whole timetable, a window a second."""

    ran: subprocess.CompletedProcess[str]
    lines: list[dict[str, Any]]
    journal: Path

    def seconds(self, start_s: int, end_s: int) -> list[dict[str, Any]]:
        return self.lines[start_s:end_s]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, module_run: Run) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    journal, lines = folder / "journal.sqlite", folder / "lines.jsonl"
    words = ("--source", "demo:fast", "--duration", 20, "--window", 1, "--session", "demo-1")
    ran = module_run("edge-run", *words, "--journal", journal, "--jsonl", lines)
    assert ran.returncode == 0, ran.stderr
    return Played(ran, [json.loads(line) for line in lines.read_text().splitlines()], journal)


def test_no_face_is_found_while_it_is_gone_and_only_then(played: Played) -> None:
    for second, window in enumerate(played.lines[:-1]):
        absent = window["unreadable"]["no_face"]
        if second in (12, 16):  # around a change
            continue
        assert (absent > 0.95) == (13 <= second < 16), second


def test_smile_and_surprise_are_expressive_and_the_neutral_face_is_not(played: Played) -> None:
    for window in (*played.seconds(1, 4), *played.seconds(17, 20)):
        assert window["levels"]["expressive"] == 0, window["sequence"]
        assert window["readable_share"] > 0.9, window["sequence"]
    for window in (*played.seconds(6, 8), *played.seconds(9, 12)):
        assert window["levels"]["expressive"] > 0.9, window["sequence"]
        assert window["readable_share"] > 0.9, window["sequence"]


def test_the_emotions_are_those_drawn(played: Played) -> None:
    for label, start_s, end_s in (("neutral", 1, 4), ("happy", 6, 8), ("surprise", 10, 12), ("neutral", 17, 20)):
        for window in played.seconds(start_s, end_s):
            assert window["emotions"][label] > 0.8, (label, window["sequence"])


def test_who_comes_back_is_read_as_before(played: Played) -> None:
    before = sum(window["score_mean"] for window in played.seconds(1, 4)) / 3
    after = sum(window["score_mean"] for window in played.seconds(17, 20)) / 3
    assert after == pytest.approx(before, abs=0.1)


def test_time_without_a_readable_face_has_no_level(played: Played) -> None:
    for window in played.seconds(13, 16):
        assert window["levels"] is window["emotions"] is None
        assert window["score_mean"] is window["score_sd"] is window["confidence_mean"] is None


def test_the_session_is_the_sum_of_its_windows(played: Played) -> None:
    *windows, session = played.lines
    assert [window["kind"] for window in windows] == ["window"] * 20
    assert [window["sequence"] for window in windows] == list(range(20))
    assert (session["kind"], session["sequence"], session["session"]) == ("session", 20, "demo-1")
    assert session["frames_read"] == sum(window["frames_read"] for window in windows) == 500
    assert session["length_s"] == sum(window["length_s"] for window in windows) == 20
    readable = sum(window["readable_share"] for window in windows) / 20
    assert session["readable_share"] == pytest.approx(readable, abs=1e-5)
    assert session["unreadable"]["no_face"] == pytest.approx(0.2, abs=0.02)


def test_every_line_has_every_key_in_order_and_shares_that_add_up(played: Played) -> None:
    for line in played.lines:
        assert list(line) == [field.name for field in fields(Summary)]
        assert line["readable_share"] + sum(line["unreadable"].values()) == pytest.approx(1, abs=1e-4)
        for shares in (line["emotions"], line["levels"]):
            assert (shares is None) is (line["readable_share"] == 0)
            assert shares is None or sum(shares.values()) == pytest.approx(1, abs=1e-4)
        assert line["started_at"] is None  # the demo in its fast form is a recording


def test_the_journal_holds_the_same(played: Played) -> None:
    with JournalReader.open(played.journal) as reader:
        (session,) = reader.sessions()
        kept = [as_json(window) for window in reader.windows(session.id)]
    assert session.summary is not None
    assert [*kept, as_json(session.summary)] == played.lines
    assert (session.name, session.state.value, session.source) == ("demo-1", "complete", "demo")


def test_the_journal_is_sound_and_wal(played: Played) -> None:
    connection = sqlite3.connect(played.journal)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_lines_are_plain_where_the_output_is_no_terminal(played: Played) -> None:
    assert "\x1b" not in played.ran.stdout
    assert "\r" not in played.ran.stdout
    assert played.ran.stderr == ""
    lines = played.ran.stdout.splitlines()
    *live, reported, of_that, where = lines
    assert any(READING.match(line) for line in live), live
    assert all(
        READING.match(line) or re.match(r"(No face|Not sure|Face \w+).*  (\d+\.\d|-) fps$", line) for line in live
    )
    assert reported.startswith("Session demo-1: 20.0 s, 500 frames, a face could be read in ")
    assert "no face 20%" in reported
    assert re.match(
        r"Of that time: reserved \d+%, balanced \d+%, expressive \d+%; score [+-]\d\.\d\d ±\d\.\d\d "
        r"\(standard deviation\), percentile \d+\b",
        of_that,
    )
    assert str(played.journal) in where


def test_the_same_run_reads_the_same_again(played: Played, run: Run, home: Path) -> None:
    ran = run("edge-run", "--source", "demo:fast", "--duration", 4, "--window", 1, "--quiet", "--jsonl", "-")
    again = [json.loads(line) for line in ran.stdout.splitlines()]
    for one, other in zip(again[:3], played.lines[:3], strict=True):
        differing = {key for key in one if one[key] != other[key]}
        assert differing <= {"session", "started_at"}
