"""A writer that is killed at any moment loses nothing that it said was committed."""

import random
import subprocess
import sys
import time

from edge.core.sessions import SessionState
from edge.journal.reading import JournalReader
from edge.journal.store import Journal

KILLS = 15
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from edge.core.readings import Observation, Unreadable
from edge.core.windows import Windows
from edge.journal.store import Journal

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
with Journal.open(Path(sys.argv[1])) as journal:
    journal.begin("s", started_at=noon, window_s=1.0, software="0")
    windows = Windows("s", 1.0)
    tick = 0
    while True:
        for summary in windows.add(Observation(float(tick), noon, None, 0, None, Unreadable.NO_FACE)):
            journal.write(summary)
            print(summary.sequence, flush=True)
        tick += 1
"""


def test_every_acknowledged_window_is_kept_and_the_session_is_closed(tmp_path):
    path = tmp_path / "journal.sqlite"
    moments, acknowledged = random.Random(0), []
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(moments.uniform(0, 0.1))
        writer.kill()
        acknowledged.append([int(line) for line in [first, *writer.stdout] if line.endswith("\n")][-1])
        writer.wait()
        writer.stdout.close()
    with JournalReader.open(path) as reader:
        *closed, last = reader.sessions()
    assert {session.state for session in closed} == {SessionState.INTERRUPTED}
    assert last.state == SessionState.OPEN
    with Journal.open(path) as journal:
        sessions = journal.sessions()
        assert len(sessions) == KILLS
        for session, sequence in zip(sessions, acknowledged, strict=True):
            kept = [window.sequence for window in journal.windows(session.id)]
            assert kept == list(range(len(kept)))
            assert len(kept) in (sequence + 1, sequence + 2)  # at most one was committed and not yet acknowledged
            assert session.state == SessionState.INTERRUPTED
            assert session.summary is not None
            assert session.summary.length_s == session.summary.sequence == len(kept)
