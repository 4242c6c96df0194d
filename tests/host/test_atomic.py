"""Replacing a file: all of it or nothing, on the disk before it can be seen, for its owner, through no link."""

import errno
import os
from pathlib import Path

import pytest

from edge.host.files.atomic import part_of, replace, replaced, replaced_by_name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "kept.json"
    path.write_bytes(b"former")
    return path


def alone(path: Path) -> bool:
    return [*path.parent.iterdir()] == [path]


def test_the_content_is_on_the_disk_before_its_name_and_the_name_before_success(path, synchronised) -> None:
    seen = synchronised(path)
    replace(path, b"new")
    assert seen == [("file", b"former"), ("folder", b"new")]
    assert alone(path)


def test_several_files_are_on_the_disk_before_the_first_takes_its_place(tmp_path: Path, synchronised) -> None:
    first, second = tmp_path / "a.tflite", tmp_path / "a.json"
    seen = synchronised(first)
    with replaced_by_name(first, second) as (one, other):
        assert (one.suffix, other.suffix) == (".tflite", ".json")
        one.write_bytes(b"1")
        other.write_bytes(b"2")
    assert seen == [("file", None), ("file", None), ("folder", b"1")]
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("umask", [0, 0o077])
def test_the_permissions_are_those_that_were_named(path: Path, mode: int, umask: int) -> None:
    before = os.umask(umask)
    try:
        replace(path, b"new", mode=mode)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


def test_after_a_failure_the_former_content_is_there(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replaced(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"former"
    assert alone(path)


def test_a_link_is_replaced_and_not_followed(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"another's")
    path.unlink()
    path.symlink_to(elsewhere)
    part_of(path).symlink_to(elsewhere)  # as left there on purpose
    replace(path, b"new")
    assert elsewhere.read_bytes() == b"another's"
    assert (path.read_bytes(), path.is_symlink()) == (b"new", False)


@pytest.mark.parametrize(("code", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_disk_that_cannot_synchronise_a_folder_is_no_failure(path, monkeypatch, code: int, fails: bool) -> None:
    fsync = os.fsync

    def refused(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(code, os.strerror(code))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refused)
    if fails:
        with pytest.raises(OSError, match="Input/output"):
            replace(path, b"new")
    else:
        replace(path, b"new")
    assert path.read_bytes() == b"new"
