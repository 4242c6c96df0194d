"""edge-fleet as a command: tables, JSON, and a file for Prometheus that its own checker accepts."""

import json
import shutil
import stat
import subprocess

import pytest
from typer.testing import CliRunner

from edge.cli.journals.fleet import app


def ask(*words):
    result = CliRunner().invoke(app, [*map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def booths(tmp_path, record):
    """Two booths in folders, one of which lost its camera; the name of one would be a label to escape."""
    record(tmp_path / "hall" / "journal.sqlite", "anna", settings={"retention_days": 30.0})
    record(tmp_path / 'the "old" one' / "journal.sqlite", "bert", of_window={"gaps": {"camera_lost": 0.5}})
    (tmp_path / "hall" / "consent.sqlite").write_bytes(b"another file")
    return tmp_path


def test_a_folder_of_journals_is_shown_by_booth_and_by_day(booths):
    shown = ask(booths).output
    head, hall, old, *_ = shown.splitlines()
    assert head.split()[:4] == ["Booth", "Sessions", "Interrupted", "Observed"]
    assert hall.split()[:5] == ["hall", "1", "0", "6.0", "s"]
    assert "50%" in hall
    assert "1.5 s" in old
    assert shown.count("hall") == 2
    for private in ("anna", "bert", "neutral", "balanced"):
        assert private not in shown


def test_json_has_the_same_and_no_person(booths):
    found = json.loads(ask(booths, "--format", "json", "--days", 0).output)
    hall, old = found["booths"]
    assert (hall["booth"], hall["retention_days"], hall["overdue"]) == ("hall", 30, False)
    assert hall["total"]["observed_s"] == 6
    assert old["total"]["gaps_s"] == {"camera_lost": 1.5}
    text = json.dumps(found)
    for private in ("anna", "bert", "neutral", "score", "emotion"):
        assert private not in text


def test_prometheus_gets_a_file_that_an_exporter_may_read(booths, tmp_path):
    place = tmp_path / "edge.prom"
    assert ask(booths, "--format", "prometheus", "-o", place).exit_code == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o644
    samples = [line for line in place.read_text().splitlines() if not line.startswith("#")]
    assert 'edge_observed_seconds{booth="hall"} 6' in samples
    assert 'edge_gap_seconds{booth="the \\"old\\" one",reason="camera_lost"} 1.5' in samples
    assert "edge_unread_journals 0" in samples


def test_prometheus_own_checker_finds_nothing(booths):
    checker = shutil.which("promtool")
    if checker is None:
        pytest.skip("promtool is not installed (apt install prometheus)")
    text = ask(booths, "--format", "prometheus").output
    done = subprocess.run([checker, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_journal_that_cannot_be_read_is_named_after_the_others(booths):
    answer = ask(booths, booths / "absent.sqlite")
    assert answer.exit_code == 1
    assert "hall" in answer.stdout
    assert "There is no journal at" in answer.stderr


def test_a_folder_without_journals_is_named(tmp_path):
    with pytest.raises(SystemExit) as ended:
        app([str(tmp_path)])
    assert ended.value.code == 66
