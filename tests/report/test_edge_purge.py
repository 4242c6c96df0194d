"""edge-purge as a person and a timer meet it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.journals import purge, report
from edge.journal.reading import JournalReader
from edge.journal.store import Journal


def ask(*words):
    return CliRunner().invoke(purge.app, [str(word) for word in words])


def left(journal):
    answer = CliRunner().invoke(report.app, [str(journal), "--format", "json"])
    return [session["name"] for session in json.loads(answer.stdout)["sessions"]]


def said(answer, code):
    (line,) = answer.stderr.splitlines()
    assert (answer.exit_code, answer.stdout, line[:7]) == (code, "", "Error: ")
    return line


@pytest.fixture
def set_clock(monkeypatch):
    monkeypatch.setattr("edge.host.boot.clock_synchronised", lambda: True)


def test_a_session_is_deleted_and_looked_for(journal):
    answer = ask("--session", "monday", "--journal", journal)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == (
        f"Deleted 4 summaries and 1 sessions from {journal}.\nLooked for them in the files: they are gone.\n"
    )
    assert left(journal) == ["tuesday", "now"]


def test_a_session_goes_from_the_json_lines_too(journal, tmp_path):
    lines = tmp_path / "lines.jsonl"
    closed = tmp_path / "lines.jsonl.2026-03-01"
    for place in (lines, closed):
        place.write_text('{"session": "monday"}\n{"session": "tuesday"}\n')
    given = ("--session", "monday", "--journal", journal, "--jsonl", lines)
    assert "Would delete 2 JSON lines." in ask(*given, "--dry-run").stdout
    assert closed.read_text().count("monday") == 1
    assert "Deleted 2 JSON lines." in ask(*given).stdout
    assert lines.read_text() == closed.read_text() == '{"session": "tuesday"}\n'
    closed.write_text('{"session": "monday"}\n')  # of which the journal knows nothing any more
    assert "Deleted 1 JSON lines." in ask(*given).stdout
    assert "no session called monday" in said(ask(*given), 66)


def test_a_dry_run_deletes_nothing(journal):
    before = journal.read_bytes()
    answer = ask("--before", "2027-01-01", "--dry-run", "--journal", journal)
    assert (answer.exit_code, answer.stdout) == (0, f"Would delete 7 summaries and 2 sessions from {journal}.\n")
    assert journal.read_bytes() == before


def test_what_ended_before_a_date_is_deleted(journal):
    assert ask("--before", "2026-03-01T12:00:04.5", "--journal", journal).exit_code == 0
    assert left(journal) == ["monday", "now"]
    assert ask("--before", "2026-03-02", "--journal", journal).exit_code == 0
    assert left(journal) == ["now"]


def test_days_are_counted_back_from_a_clock_that_is_set(journal, set_clock):
    kept_days = (datetime.now(UTC) - datetime(2026, 3, 1, 12, tzinfo=UTC)).total_seconds() / 86_400
    assert ask("--before", kept_days + 0.1, "--journal", journal).exit_code == 0
    assert len(left(journal)) == 3
    assert ask("--before", kept_days - 0.1, "--journal", journal).exit_code == 0
    assert left(journal) == ["now"]


def test_what_a_clock_that_was_not_set_dated_is_not_taken_for_old(tmp_path, keep, set_clock):
    path = tmp_path / "j"
    with Journal.open(path) as journal:
        began = datetime(2016, 1, 1, tzinfo=UTC)
        journal.begin("woken", started_at=began, window_s=2.0, software="0", clock_synchronised=False)
        keep(tmp_path / "third", "s", 1)
        with JournalReader.open(tmp_path / "third") as reader:
            (window,) = reader.windows(1)
        journal.write(replace(window, session="woken", started_at=began))
    assert ask("--before", "30", "--journal", path).stdout.startswith("Deleted 0 summaries")
    assert left(path) == ["woken"]
    assert ask("--before", "2020-01-01", "--journal", path).stdout.startswith("Deleted 1 summaries")


def test_a_clock_that_is_not_set_deletes_nothing_by_age(journal, monkeypatch):
    for state in (False, None):
        monkeypatch.setattr("edge.host.boot.clock_synchronised", lambda state=state: state)
        assert "not synchronised" in said(ask("--before", "1", "--journal", journal), 74)
    assert len(left(journal)) == 3


def test_the_configuration_says_where_and_how_long(journal, tmp_path, set_clock):
    lines = tmp_path / "lines.jsonl"
    closed = lines.with_name("lines.jsonl.2026-03-02")
    closed.write_text("{}\n")
    lines.write_text("{}\n")
    config = tmp_path / "edge.toml"
    config.write_text(f"journal = '{journal}'\njsonl = '{lines}'\nretention_days = 1.5\n")
    answer = ask("--config", config)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[-1] == f"Deleted {closed}."
    assert (left(journal), closed.exists(), lines.exists()) == (["now"], False, True)


@pytest.mark.parametrize("given", ["soon", "-1", "0", "nan", "inf", "2026-13-01", "99999"])
def test_a_limit_that_is_none(journal, given):
    assert "neither a date nor a number of days" in said(ask(f"--before={given}", "--journal", journal), 2)


def test_nothing_named_absent_and_hostile(journal, tmp_path):
    assert "Nothing to delete was named" in said(ask("--journal", journal), 2)
    assert "no session called friday" in said(ask("--session", "friday", "--journal", journal), 66)
    assert "cannot be called" in said(ask("--session", "../x", "--journal", journal), 2)
    assert "There is no journal" in said(ask("--before", "2026-01-01", "--journal", tmp_path / "none"), 66)
    assert not Path(tmp_path / "none").exists()
    (tmp_path / "notes").write_text("mine")
    assert "not a journal" in said(ask("--before", "2026-01-01", "--journal", tmp_path / "notes"), 78)
    (tmp_path / "link").symlink_to(journal)
    assert "symbolic link" in said(ask("--before", "2026-01-01", "--journal", tmp_path / "link"), 78)


def test_a_session_that_is_being_recorded_stays_and_a_killed_one_goes(tmp_path):
    path = tmp_path / "j"
    with Journal.open(path) as journal:
        journal.begin("s", started_at=datetime(2026, 3, 1, tzinfo=UTC), window_s=2.0, software="0")
        assert "is being recorded" in said(ask("--session", "s", "--journal", path), 74)
    assert ask("--session", "s", "--journal", path).exit_code == 0
    assert left(path) == []
