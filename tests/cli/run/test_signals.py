"""A run that is ended by a signal keeps what it promises."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from edge.core.sessions import SessionRecord
from edge.journal.reading import JournalReader
from tests.cli.conftest import Run, Start
from tests.timing import within


def sessions(journal: Path) -> list[SessionRecord]:
    with JournalReader.open(journal) as reader:
        return reader.sessions()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_time_with_its_summary(start: Start, home: Path, number: signal.Signals) -> None:
    process = start("edge-run", "--source", "demo", "--journal", home / "j.sqlite", "--jsonl", home / "l.jsonl")
    first_line(process)
    time.sleep(0.5)
    process.send_signal(number)
    sent = time.monotonic()
    out, err = process.communicate(timeout=240)
    assert time.monotonic() - sent < within(3)
    assert (process.returncode, err) == (0, "")
    assert "\nSession " in f"\n{out}"
    (session,) = sessions(home / "j.sqlite")
    assert (session.state, session.windows) == ("complete", 1)
    window, whole = (json.loads(line) for line in (home / "l.jsonl").read_text().splitlines())
    assert (window["kind"], whole["kind"]) == ("window", "session")
    assert whole["frames_read"] == window["frames_read"] > 0


def test_a_signal_during_a_slow_rate_takes_effect_at_once(start: Start, home: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would stay ignored
    process = start("edge-run", "--source", "demo:fast", "--max-fps", "0.05", "--journal", home / "j.sqlite")
    signal.signal(signal.SIGHUP, before)
    first_line(process)
    process.send_signal(signal.SIGHUP)  # as when the terminal is closed
    sent = time.monotonic()
    process.communicate(timeout=240)
    assert time.monotonic() - sent < within(3)
    assert process.returncode == 0
    assert [session.state for session in sessions(home / "j.sqlite")] == ["complete"]


def test_a_kill_loses_at_most_the_open_window(start: Start, run: Run, home: Path) -> None:
    chance, journal = random.Random(3), home / "j.sqlite"
    for repetition in range(3):
        process = start(
            "edge-run", "--source", "demo:fast", "--window", "0.2", "--jsonl", "-", "--quiet", "--journal", journal
        )
        assert process.stdout is not None
        reported = [json.loads(process.stdout.readline())]  # each was committed before it was printed
        until = time.monotonic() + chance.random()
        while time.monotonic() < until:
            reported.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        reported += [json.loads(line) for line in rest if line.endswith("\n")]
        process.wait()
        killed = sessions(journal)[-1]
        assert killed.state == "open"
        assert killed.windows - len(reported) in (0, 1)
        assert len(sessions(journal)) == repetition + 1
    ran = run("edge-run", "--source", "demo:fast", "--duration", 1, "--quiet", "--journal", journal)
    assert ran.returncode == 0, ran.stderr
    assert [session.state for session in sessions(journal)] == ["interrupted"] * 3 + ["complete"]
    for session in sessions(journal):
        assert session.summary is not None
        assert session.summary.sequence == session.windows > 0


def test_a_second_run_on_the_same_journal_is_refused_and_the_first_goes_on(start: Start, run: Run, home: Path) -> None:
    first = start("edge-run", "--source", "demo")
    first_line(first)
    second = run("edge-run", "--source", "demo:fast", "--duration", 1)
    assert second.returncode == 74
    assert "is being written by another edge-run" in second.stderr
    assert first.poll() is None
    os.kill(first.pid, signal.SIGTERM)
    first.communicate(timeout=240)
    assert first.returncode == 0
