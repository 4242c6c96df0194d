"""Not even deleted files held a picture: a run on a disk of its own, and the search through every byte of that disk."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.run.assemble import Models
from tests.privacy.kept.canaries import canaries, pictures_in, record

_DISK_BYTES = 32 * 2**20

# In a mount namespace of its own: one small disk in every place where programs write, all else read-only. It takes each
# write at once, so that what is deleted again was on it.
_ON_THE_DISK = """
set -e
mount --make-rprivate /
mkdir "$1/there"
mount -o sync,nodelalloc "$3" "$1/there"
cd "$1/there"
mkdir home shm var tmp
mount --bind "$1/pictures" /mnt
mount --bind home /srv
mount --bind shm /dev/shm
mount --bind var /var/tmp
mount --bind tmp /tmp
mount -o remount,ro,bind /
cd /srv
export HOME=/srv XDG_STATE_HOME=/srv/state TMPDIR=/tmp
ulimit -c unlimited
eval "$2"
"""

_ENDLESS = f"{sys.executable} -m edge.cli.run --source /mnt --window 0.2"
_RUN = f"{_ENDLESS} --duration 2"
_WHOLE = f"""
{_RUN} --jsonl lines >reported 2>&1
{sys.executable} -m edge.cli.journals.report --windows --format csv >sessions.csv
{_RUN} --session other >/dev/null
{sys.executable} -m edge.cli.journals.purge --session other >>reported
grep -q state/edge/journal.sqlite reported
"""

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]


@pytest.fixture
def disk(tmp_path: Path, models: Models) -> Iterator[Callable[[str], set[str]]]:
    """Do something on a new disk, and return what betrays a picture there."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "mkfs.ext4", "losetup"))):
        pytest.skip("a disk takes root and mkfs.ext4")
    if Path(sys.prefix).is_relative_to("/tmp"):
        pytest.skip("this installation lies in /tmp, where the disk will be")
    wanted = canaries(record(tmp_path / "pictures", 2000), models)
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(_DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    looped = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if looped.returncode:
        pytest.skip(f"no disk can be made of a file here: {looped.stderr}")
    device = looped.stdout.strip()

    def go(command: str) -> set[str]:
        words = ["unshare", "--mount", "bash", "-c", _ON_THE_DISK, "bash", str(tmp_path), command, device]
        done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        return pictures_in(Path(device).read_bytes(), wanted)

    yield go
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_deleted_picture_is_found(disk):
    copy = "import cv2; cv2.imwrite('secret.ppm', cv2.imread('/mnt/0003.png'))"
    assert disk(f'{sys.executable} -c "{copy}"; rm secret.ppm') == {"PNM", "canary"}


def test_deleted_crops_are_found(disk):
    assert disk(f"{_RUN} --save-crops crops >reported 2>&1; rm -r crops") == {"PNG", "canary"}


def test_a_run_a_report_and_a_purge_leave_no_picture_on_the_disk(disk):
    assert disk(_WHOLE) == set()


@pytest.mark.parametrize("end", ["KILL", "SEGV"])
def test_nor_does_a_run_that_is_killed_or_crashes(disk, end):
    killed = f"if timeout --signal {end} 8 {_ENDLESS} --jsonl lines; then false; fi; test -s lines"
    assert disk(f"{killed}; test ! -e core") == set()
