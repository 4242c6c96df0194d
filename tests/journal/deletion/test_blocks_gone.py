"""What was deleted is not in the free blocks of a file system that writes in place: the search through a whole disk."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.consent.store import ConsentStore
from edge.consent.types import ConsentState
from edge.journal.deletion import delete_session
from edge.journal.lines.jsonl import JsonLines
from edge.journal.store import Journal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The image of a new ext4 file system."""
    if not shutil.which("mkfs.ext4"):
        pytest.skip("mkfs.ext4 is not installed")
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(32 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    return image


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The file system, as a folder for its owner alone; it is whole on its image afterwards."""
    place = image.with_name("there")
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        place.chmod(0o700)
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def copies(image: Path, pattern: bytes) -> int:
    return len(re.findall(pattern, image.read_bytes()))


def test_a_deleted_sessions_figures_are_on_no_block_of_the_disk(disk: Path, summaries) -> None:
    with mounted(disk) as folder:
        path, lines = folder / "journal.sqlite", folder / "lines.jsonl"
        for name in ("kim", "ann"):
            with Journal.open(path) as journal, JsonLines.open(str(lines)) as out:
                journal.begin(name, started_at=NOON, window_s=2.0, software="0")
                for summary in summaries(name, 300):
                    journal.write(summary)
                    out.write(summary)
    assert copies(disk, rb'"session": "kim"') > 300
    assert copies(disk, rb"2026-03-01T12:\d\d:\d\d\.\d{6}Z") > 600
    with mounted(disk) as folder:
        for name in ("kim", "ann"):
            deleted = delete_session(name, folder / "journal.sqlite", folder / "lines.jsonl")
            assert (deleted.summaries, deleted.lines) == (301, 301)
    assert copies(disk, rb'"session": "(kim|ann)"') == 0
    assert copies(disk, rb"2026-03-01T12:\d\d:\d\d\.\d{6}Z") == 0


def test_a_forgotten_name_is_on_no_block_of_the_disk(disk: Path) -> None:
    with mounted(disk) as folder:
        store = ConsentStore(folder / "consent.sqlite")
        for number in range(30):
            store.grant(f"person-{number:03}", "1", "ab" * 32, 60)
    assert copies(disk, rb"person-\d{3}") >= 30
    with mounted(disk) as folder:
        store = ConsentStore(folder / "consent.sqlite")
        for number in range(30):
            store.end(f"person-{number:03}", ConsentState.WITHDRAWN)
            store.forget(f"person-{number:03}")
    assert copies(disk, rb"person-\d{3}") == 0
