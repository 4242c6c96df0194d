"""When a recording was made: as the user says, or nothing; never the time at which it is read."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from edge.journal.file.location import default_journal
from tests.cli.conftest import Ask
from tests.sources.conftest import write_video


def summaries(ask: Ask, *words: object) -> list[dict[str, Any]]:
    result = ask("edge-run", *words, "--jsonl", "-", "--quiet")
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_without_a_date_windows_have_offsets_only(ask: Ask, home: Path) -> None:
    write_video(home / "clip.avi", 50, 20, "MJPG")
    *windows, session = summaries(ask, "clip.avi", "--window", 1, "--session", "kim")
    assert [summary["started_at"] for summary in (*windows, session)] == [None] * 4
    assert [window["started_tick_s"] for window in windows] == [0, 1, 2]
    assert (session["started_tick_s"], session["ended_tick_s"]) == (0, pytest.approx(2.5))
    (reported,) = json.loads(ask("edge-report", default_journal(), "--format", "json").stdout)["sessions"]
    assert (reported["recorded"], reported["started_at"], reported["ended_at"]) == (True, None, None)
    assert reported["written_at"] is not None
    text = ask("edge-report", default_journal(), "--rows", "windows").stdout
    assert re.search(r"Window +From +Length", text)
    assert re.search(r"\n +2 +2\.0 s +0\.5 s", text)
    assert "Recording read" in ask("edge-report", default_journal(), "--format", "html").stdout


def test_a_date_that_is_given_is_counted_on(ask: Ask, home: Path) -> None:
    write_video(home / "clip.avi", 30, 20, "MJPG")
    *windows, session = summaries(ask, "clip.avi", "--window", 1, "--recorded-at", "2026-03-01T10:00+01:00")
    assert [window["started_at"] for window in windows] == ["2026-03-01T09:00:00.000Z", "2026-03-01T09:00:01.000Z"]
    assert session["started_at"] == "2026-03-01T09:00:00.000Z"
    (reported,) = json.loads(ask("edge-report", default_journal(), "--format", "json").stdout)["sessions"]
    assert reported["ended_at"] == "2026-03-01T09:00:01.500Z"
    text = ask("edge-report", default_journal(), "--rows", "windows").stdout
    assert re.search(r"\n +1 +1\.0 s +2026-03-01 09:00:01 +0\.5 s", text)


def test_one_date_is_not_that_of_several_recordings(ask: Ask) -> None:
    result = ask("edge-run", "one.avi", "two.avi", "--recorded-at", "2026-03-01")
    assert result.exit_code == 2
    assert "One date cannot be that of several recordings" in result.stderr


def test_absent_and_cut_short_recordings_do_not_keep_the_next_ones_from_being_read(ask: Ask, home: Path) -> None:
    write_video(home / "whole.avi", 40, 20, "MJPG")
    content = (home / "whole.avi").read_bytes()
    (home / "cut.avi").write_bytes(content[: len(content) // 2])
    result = ask("edge-run", "cut.avi", "absent.avi", "whole.avi", "--quiet")
    assert result.exit_code == 65
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["cut.avi", "absent.avi"]
    cut, whole = json.loads(ask("edge-report", default_journal(), "--format", "json").stdout)["sessions"]
    assert [(each["source"], each["truncated"]) for each in (cut, whole)] == [("cut.avi", True), ("whole.avi", False)]
    assert re.fullmatch(r"\d{8}T\d{6}Z-1", cut["name"])
    assert whole["name"] == cut["name"].replace("-1", "-3")
