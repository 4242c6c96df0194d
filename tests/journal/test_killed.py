"""A writer that is killed at any moment loses nothing that it said was committed."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from edge.core.sessions import SessionState
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

KILLS = int(os.environ.get("EDGE_KILLS", "1000"))
WRITERS = """
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.core.readings import Observation, Unreadable
from edge.core.windowing.windows import Windows
from edge.journal.store import Journal

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write():
    with Journal.open(Path(sys.argv[1])) as journal:
        journal.begin("s", started_at=noon, window_s=1.0, software="0")
        windows = Windows("s", 1.0)
        tick = 0
        while True:
            at = noon + timedelta(seconds=tick)
            for summary in windows.add(Observation(float(tick), at, None, 0, None, Unreadable.NO_FACE)):
                journal.write(summary)
                os.write(1, b"%d\\n" % summary.sequence)
            tick += 1


for _ in sys.stdin:  # a writer for each line, from a process that has imported everything already
    writer = os.fork()
    if not writer:
        os.write(1, b"%d\\n" % os.getpid())
        write()
    os.waitpid(writer, 0)
    os.write(1, b"dead\\n")
"""


def test_every_acknowledged_window_is_kept_and_the_session_is_closed(tmp_path):
    assert survive(tmp_path / "journal.sqlite", 15, 0.1)[0] == 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_acknowledged_window_is_kept_through_a_thousand_kills(tmp_path, measured):
    lost, of = survive(tmp_path / "journal.sqlite", KILLS, 0.05)
    measured(f"committed windows lost in {KILLS:,} SIGKILLs, of {of:,}", lost, 0, "")


def survive(path, kills, longest_s):
    """Kill a writer so often, at any moment of its first `longest_s` after its first window.

    Returns how many windows that it had said were committed are not there, and how many it had said that of.
    """
    moments, acknowledged, lost = random.Random(0), [], 0
    with subprocess.Popen(
        [sys.executable, "-c", WRITERS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writers:
        assert writers.stdin is not None
        assert writers.stdout is not None
        for _ in range(kills):
            print(file=writers.stdin, flush=True)
            writer, last = int(writers.stdout.readline()), int(writers.stdout.readline())
            time.sleep(moments.uniform(0, longest_s))
            os.kill(writer, signal.SIGKILL)
            while (line := writers.stdout.readline()) != "dead\n":
                last = int(line)
            acknowledged.append(last)
        writers.stdin.close()
    with JournalReader.open(path) as reader:
        *closed, last_one = reader.sessions()
    assert {session.state for session in closed} == {SessionState.INTERRUPTED}
    assert last_one.state == SessionState.OPEN
    with Journal.open(path) as journal:
        assert journal.notices() == []
        sessions = journal.sessions()
        assert len(sessions) == kills
        for session, sequence in zip(sessions, acknowledged, strict=True):
            kept = [window.sequence for window in journal.windows(session.id)]
            assert kept == list(range(len(kept)))
            assert len(kept) <= sequence + 2  # at most one was committed and not yet acknowledged
            lost += max(sequence + 1 - len(kept), 0)
            assert session.state == SessionState.INTERRUPTED
            assert session.summary is not None
            assert session.summary.length_s == session.summary.sequence == len(kept)
    return lost, sum(acknowledged) + kills
