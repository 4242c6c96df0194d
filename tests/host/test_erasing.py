"""Files are overwritten before they go, and never through a link."""

import os
from pathlib import Path

import pytest

from edge.host.files.erasing import overwrite, remove_overwritten


@pytest.mark.parametrize("size", [0, 1, 2**16 - 1, 2**16, 200_000])
def test_every_byte_is_overwritten_and_the_size_stays(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    overwrite(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == bytes(size)


def test_a_file_that_goes_is_overwritten_on_the_disk_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, found, fsync = tmp_path / "file", [], os.fsync
    path.write_bytes(b"secret")

    def note(descriptor: int) -> None:
        fsync(descriptor)
        found.append(path.read_bytes())

    monkeypatch.setattr(os, "fsync", note)
    remove_overwritten(path)
    assert (found, path.exists()) == ([bytes(6)], False)
    remove_overwritten(path)  # once more is no error


def test_what_leads_elsewhere_is_left_alone(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(victim)
    os.link(victim, tmp_path / "second")
    for name in ("link", "second", "absent"):
        overwrite(tmp_path / name)
    remove_overwritten(tmp_path / "link")
    remove_overwritten(tmp_path / "second")
    assert victim.read_bytes() == b"mine"
