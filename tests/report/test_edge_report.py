"""edge-report as a person and a program meet it."""

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.checks.storage import journal_history
from edge.cli.journals.report import app
from edge.core.summaries import Kind, from_json
from edge.journal.store import Journal


def ask(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_table_says_what_happened(journal):
    answer = ask(journal)
    assert answer.exit_code == 0
    names, monday, tuesday, now = answer.stdout.splitlines()
    assert names.split()[:3] == ["Session", "State", "Windows"]
    assert re.sub(r"\s{2,}", "|", monday) == (
        "monday|complete|3|2026-03-01 12:00:00|6.0 s|50%|0%|0%|100%|+1.50|0.00|99|0.0|happy 100%|50%"
    )
    assert tuesday.split()[:3] == ["tuesday", "interrupted", "2"]
    assert now.split()[:3] == ["now", "open", "0"]


def test_plain_text_holds_no_control_characters(journal):
    assert re.fullmatch(r"[\x20-\x7e\n]*", ask(journal, "--windows").stdout)


def test_windows_are_shown_on_request(journal):
    plain, more = ask(journal).stdout, ask(journal, "--windows").stdout
    assert more.startswith(plain)
    assert "Windows of monday, 2 s each" in more
    assert "2026-03-01 12:00:04" in more
    assert "Windows of now" not in more


def test_json_is_one_document_of_every_session(journal):
    document = json.loads(ask(journal, "--format", "json", "--windows").stdout)
    assert [session["name"] for session in document["sessions"]] == ["monday", "tuesday", "now"]
    assert [session["state"] for session in document["sessions"]] == ["complete", "interrupted", "open"]
    assert [len(session["windows"]) for session in document["sessions"]] == [3, 2, 0]
    assert document["sessions"][2]["summary"] is None
    whole = from_json(document["sessions"][0]["summary"])
    assert whole.levels is not None
    assert (whole.kind, whole.sequence, whole.levels["expressive"]) == (Kind.SESSION, 3, 1)
    assert json.loads(ask(journal, "--format", "json").stdout)["sessions"][0]["windows"] == []


def table_of(answer):
    return list(csv.DictReader(io.StringIO(answer.stdout)))


def test_a_csv_table_holds_sessions_or_windows(journal):
    sessions, windows = (table_of(ask(journal, "--format", "csv", "--rows", rows)) for rows in ("sessions", "windows"))
    assert [row["session"] for row in sessions] == ["monday", "tuesday", "now"]
    assert [(row["session"], float(row["offset_s"])) for row in windows] == [
        *[("monday", offset_s) for offset_s in (0, 2, 4)],
        *[("tuesday", offset_s) for offset_s in (0, 2)],
    ]
    assert table_of(ask(journal, "--format", "csv", "--windows")) == windows
    assert table_of(ask(journal, "--format", "csv")) == sessions
    for row in (*sessions[:-1], *windows):
        assert (row["level_expressive_share"], row["unreadable_no_face_share"], float(row["score_mean"])) == (
            "1.0",
            "0.5",
            1.5,
        )
    assert sessions[-1]["score_mean"] == ""


def test_what_was_not_measured_is_empty_and_what_did_not_happen_is_zero(tmp_path, keep):
    keep(tmp_path / "j", "s", 1)
    with closing(sqlite3.connect(tmp_path / "j")) as connection, connection:
        nothing = """readable_share = 0, unreadable = '{"no_face": 1}', emotions = 'null', levels = 'null'"""
        connection.execute(f"UPDATE summaries SET {nothing} WHERE kind = 'window'")
    (row,) = table_of(ask(tmp_path / "j", "--format", "csv", "--rows", "windows"))
    for name, cell in row.items():
        if name.startswith(("level_", "emotion_")) and name.endswith("_share"):
            assert (name, cell) == (name, "")
        elif name.startswith("gap_"):
            assert (name, cell) == (name, "0.0")
    (session,) = json.loads(ask(tmp_path / "j", "--format", "json", "--windows").stdout)["sessions"]
    assert (session["windows"][0]["levels"], session["windows"][0]["emotions"]) == (None, None)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_text_is_never_a_formula_and_numbers_stay_numbers(tmp_path, keep, text):
    keep(tmp_path / "j", "-name", 1, source=text)
    (row,) = csv.DictReader(io.StringIO(ask(tmp_path / "j", "--format", "csv").stdout, newline=""))
    assert row["recording"] == "'" + text
    assert row["session"] == "'-name"
    assert float(row["length_s"]) == 2


def test_sessions_of_one_name(journal):
    assert [
        s["name"] for s in json.loads(ask(journal, "--format", "json", "--session", "tuesday").stdout)["sessions"]
    ] == ["tuesday"]
    absent = ask(journal, "--session", "friday")
    assert (absent.exit_code, absent.stdout) == (66, "")
    assert absent.stderr == f"Error: {journal} has no session called friday. See edge-report without options.\n"
    assert ask(journal, "--session", "../x").exit_code == 2


def test_a_journal_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    answer = ask()
    assert (answer.exit_code, answer.stdout) == (66, "")
    assert answer.stderr.startswith(f"Error: There is no journal at {tmp_path}/edge/journal.sqlite: ")
    assert "edge-run" in answer.stderr
    assert ask(tmp_path).exit_code == 66


def test_the_default_journal(tmp_path, monkeypatch, keep):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    keep(tmp_path / "edge" / "journal.sqlite", "here", 1)
    assert "here" in ask().stdout


def test_a_journal_may_be_named_as_in_other_commands(journal):
    assert ask("--journal", journal).stdout == ask(journal).stdout != ""


def test_an_empty_journal(tmp_path):
    with Journal.open(tmp_path / "j"):
        pass
    assert ask(tmp_path / "j").stdout == "No sessions yet.\n"
    assert json.loads(ask(tmp_path / "j", "--format", "json").stdout) == {"sessions": [], "notices": []}
    assert len(ask(tmp_path / "j", "--format", "csv").stdout.splitlines()) == 1


def entry_point(*words, **more):
    command = [str(Path(sys.executable).with_name("edge-report")), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **more)


def test_the_entry_point_reports_while_a_program_writes(tmp_path):
    with Journal.open(tmp_path / "j"):
        answer = entry_point(tmp_path / "j", "--format", "json")
    assert (answer.returncode, json.loads(answer.stdout)) == (0, {"sessions": [], "notices": []})


def test_a_reader_that_goes_away_is_no_error(tmp_path, keep):
    keep(tmp_path / "j", "s", 20)
    script = '"$0" "$1" --format csv --windows | true; echo ${PIPESTATUS[0]}'
    command = ["bash", "-c", script, Path(sys.executable).with_name("edge-report"), tmp_path / "j"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert (answer.stdout, answer.stderr) == ("0\n", "")


def on_a_terminal(journal, columns):
    """The lines that a terminal of so many columns shows, without colours."""
    own, theirs = os.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    command = [Path(sys.executable).with_name("edge-report"), journal]
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(own, 4096):
                shown += part
        except OSError:  # Linux says EIO where the other side has closed
            pass
    os.close(own)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()


@pytest.mark.parametrize(
    ("columns", "shown_still", "left_out"),
    [
        (80, ["Readable", "Score", "Percentile", "Emotion"], "State"),
        (220, [], None),
    ],
)
def test_a_terminal_gets_a_table_with_lines_that_fits(journal, columns, shown_still, left_out):
    table = on_a_terminal(journal, columns)
    assert table[0][0] == "╭"
    assert all(len(line) <= columns for line in table[:7])
    assert all("…" not in line for line in table)
    assert ("tuesday" in table[4], "interrupted" in table[4]) == (True, left_out is None)
    assert all(name in table[1] for name in shown_still)
    note = " ".join(" ".join(table[7:]).split())
    assert ("A wider terminal shows more" in note and left_out in note) if left_out else "wider" not in note
    assert "of 100 training faces, so many have a lower score" in note


def test_a_narrow_terminal_gets_the_main_figures_below_each_session(journal):
    lines = on_a_terminal(journal, 40)
    assert all(len(line) <= 40 for line in lines)
    name = lines.index("monday")
    assert "Readable 50%" in lines[name + 1]
    assert "Score +1.50" in lines[name + 1]
    assert "Emotion happy 100%" in " ".join(lines[name + 1 : name + 3])
    assert "State" in " ".join(lines)


def test_gaps_losses_and_rates_are_shown(tmp_path, keep):
    path = tmp_path / "j"
    keep(path, "s", 1, ended=False)
    with Journal.open(path) as journal:
        began = datetime(2026, 3, 2, tzinfo=UTC)
        journal.begin("t", started_at=began, window_s=2.0, software="0", boot_id="boot-1", clock_synchronised=False)
        (window,) = journal.windows(1)
        gaps = {"camera_lost": 12.5, "suspended": 0.0}
        journal.write(replace(window, session="t", gaps=gaps, rate_fps=7.5, summaries_lost=3, started_tick_s=5.0))
    _, _, line, *below = ask(path).stdout.splitlines()
    assert "camera_lost 12.5 s" in line
    assert "suspended" not in line
    assert line.split()[-2:] == ["3", "7.5"]
    assert below == ["Dates may be wrong, for the clock was not synchronised: t."]
    document = json.loads(ask(path, "--format", "json", "--windows").stdout)["sessions"][1]
    assert (document["boot_id"], document["clock_synchronised"]) == ("boot-1", False)
    assert document["windows"][0]["gaps"] == gaps
    assert from_json(document["windows"][0]).started_tick_s == 5
    row = list(csv.DictReader(io.StringIO(ask(path, "--format", "csv").stdout)))[1]
    assert (row["gap_camera_lost_s"], row["rate_fps"], row["summaries_lost"]) == ("12.5", "7.5", "3")
    assert (row["boot_id"], row["clock_synchronised"]) == ("boot-1", "false")


def test_when_a_session_ended_follows_from_its_ticks(journal):
    ended = [one["ended_at"] for one in json.loads(ask(journal, "--format", "json").stdout)["sessions"]]
    assert ended == ["2026-03-01T12:00:06.000Z", "2026-03-01T12:00:04.000Z", None]


def test_a_journal_that_was_put_aside_is_reported_in_every_format(tmp_path, keep):
    path = tmp_path / "j"
    keep(path, "s", 1)
    path.write_bytes(path.read_bytes()[:5000])
    keep(path, "t", 1)
    assert re.search(r"\nNotice of [0-9: -]{16}: The journal .* was damaged .* j\.corrupt\.\d", ask(path).stdout)
    (notice,) = json.loads(ask(path, "--format", "json").stdout)["notices"]
    assert "was damaged" in notice["text"]
    as_table = ask(path, "--format", "csv")
    assert ("was damaged" in as_table.stderr, "was damaged" in as_table.stdout) == (True, False)
    (finding,) = journal_history(path)
    assert ("was damaged" in finding.found, finding.ok, finding.essential) == (True, False, False)
    assert list(journal_history(tmp_path / "none")) == []
