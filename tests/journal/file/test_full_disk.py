"""A real disk of one megabyte that fills up and gets room again; needs root to mount it."""

import subprocess
import time
from datetime import UTC, datetime

import pytest

from edge.config import Config
from edge.core.errors import CannotWrite
from edge.core.sessions import SessionState
from edge.journal.reading import JournalReader
from edge.run.outputs.keeping import opened_keeping
from tests.timing import within

pytestmark = pytest.mark.root
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path):
    """A folder that is a disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "edge", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def keeping(disk):
    return opened_keeping(Config(journal=disk / "journal.sqlite", session="s", jsonl=str(disk / "lines")), "camera 0")


def fill(disk):
    """Take all the room there is."""
    with open(disk / "other", "ab", buffering=0) as other:
        for size in (4096, 1):
            try:
                while other.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def sessions(disk):
    with JournalReader.open(disk / "journal.sqlite") as reader:
        return [(session, [window.sequence for window in reader.windows(session.id)]) for session in reader.sessions()]


def test_a_disk_that_is_full_stops_nothing_and_is_noticed_to_have_room_within_five_seconds(disk, summaries):
    written = summaries("s", 300)
    with keeping(disk) as kept:
        assert kept.reserve.held
        kept.begin(NOON)
        for summary in written[:20]:
            kept.write(summary)
        fill(disk)
        for summary in written[20:200]:
            kept.write(summary)
        assert kept.health.queued > 100
        assert "is full" in str(kept.health)
        (disk / "other").unlink()
        room_s = time.monotonic()
        while kept.health.queued:
            kept.catch_up()
            time.sleep(0.05)
        assert time.monotonic() - room_s <= within(5)
        for summary in written[200:250]:
            kept.write(summary)
    ((session, windows),) = sessions(disk)
    assert windows == list(range(250))
    assert session.state == SessionState.OPEN


def test_the_end_of_a_session_on_a_full_disk_fits_into_the_reserve(disk, summaries):
    written = summaries("s", 60)
    with keeping(disk) as kept:
        kept.begin(NOON)
        kept.write(written[0])
        fill(disk)
        for summary in written[1:]:
            kept.write(summary)
        assert kept.health.queued > 50
    ((session, windows),) = sessions(disk)
    assert (session.state, windows) == (SessionState.COMPLETE, list(range(60)))


def test_a_run_that_starts_on_a_full_disk_lives_on_the_reserve(disk, summaries):
    with keeping(disk) as kept:
        kept.begin(NOON)
        kept.write(summaries("s", 1)[0])
    fill(disk)
    with keeping(disk) as kept:
        kept.begin(NOON)
        for summary in summaries("s", 3):
            kept.write(summary)
    assert [(session.state, windows) for session, windows in sessions(disk)] == [
        (SessionState.INTERRUPTED, [0]),
        (SessionState.COMPLETE, [0, 1, 2]),
    ]


def test_a_journal_cannot_be_begun_on_a_full_disk(disk):
    fill(disk)
    with pytest.raises(CannotWrite, match="is full") as caught, keeping(disk):
        pass
    assert caught.value.exit_code == 74
    (disk / "other").unlink()
    with keeping(disk):
        pass


def test_a_disk_that_is_read_only_at_the_start_is_reported(disk):
    with keeping(disk):
        pass
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(CannotWrite, match="read-only") as caught, keeping(disk):
        pass
    assert caught.value.exit_code == 74
