"""Small files: regular ones alone, never through a link, never without a limit, and without waiting."""

import os
from pathlib import Path

import pytest

from edge.host.files.small_files import MOST_BYTES, UnfitFile, read_small


def test_a_file_is_read_with_its_status(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(bytes(MOST_BYTES))
    path.chmod(0o640)
    read = read_small(path)
    assert read.content == bytes(MOST_BYTES)
    assert read.status.st_mode & 0o777 == 0o640


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("name", "why"),
    [("long", "larger than 64 KiB"), ("folder", "not a file"), ("link", "symbolic link"), ("pipe", "not a file")],
)
def test_anything_else_is_refused(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "long").write_bytes(bytes(MOST_BYTES + 1))
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "long")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnfitFile, match=why):
        read_small(tmp_path / name)


def test_a_link_is_followed_only_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"text")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert read_small(tmp_path / "link", follow_link=True).content == b"text"
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "absent")
