"""Segments of a recording in every report, and a marker from another process in a live session."""

import csv
import io
import json
from pathlib import Path

from tests.cli.conftest import Ask


def test_segments_have_summaries_and_stand_in_every_report(ask: Ask, home: Path) -> None:
    (home / "list.csv").write_text("start,end,name\n0,2,Warm-up\n2,5,Q1\n")
    words = ("--source", "demo:fast", "--duration", 6, "--max-fps", 5, "--window", 2, "--session", "kim", "--quiet")
    run = ask("edge-run", *words, "--segments", "list.csv")
    assert run.exit_code == 0, run.stderr
    (session,) = json.loads(ask("edge-report", "--format", "json", "--windows").stdout)["sessions"]
    assert [(each["segment"], each["length_s"]) for each in session["segments"]] == [("Warm-up", 2), ("Q1", 3)]
    assert [each["segment"] for each in session["windows"]] == ["Warm-up", "Q1", "Q1"]
    rows = list(csv.DictReader(io.StringIO(ask("edge-report", "--format", "csv", "--rows", "segments").stdout)))
    assert [(row["segment"], row["offset_s"], row["frames_read"]) for row in rows] == [
        ("Warm-up", "0.0", "10"),
        ("Q1", "2.0", "15"),
    ]
    text = ask("edge-report").stdout
    assert "Segments of kim" in text
    assert [line.split()[:2] for line in text.splitlines()[-2:]] == [["Warm-up", "0.0"], ["Q1", "2.0"]]
    page = ask("edge-report", "--format", "html").stdout
    assert 'class="marker" d="M0.0 0V' in page
    assert 'class="marker" d="M233.3 0V' in page
    assert "<h3>Segments</h3>" in page


def test_a_camera_has_no_list_of_segments(ask: Ask, home: Path) -> None:
    answer = ask("edge-run", "--camera", "0", "--segments", "list.csv")
    assert (answer.exit_code, "edge-mark NAME" in answer.stderr) == (2, True)
    assert ask("edge-mark", "Q1").exit_code == 66
