"""One lock for all: a second holder is refused, waited for where wanted, and free again once the first is gone."""

import os
import time
from pathlib import Path
from threading import Timer

import pytest

from edge.core.errors import BadConfiguration, CannotWrite
from edge.host.files.locks import is_locked, lock_file, lock_path, only_writer, try_lock
from tests.timing import within


def test_there_is_one_writer_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "j"
    assert not is_locked(path)
    with only_writer(path) as descriptor:
        assert is_locked(path)
        assert os.fstat(descriptor).st_ino == lock_path(path).stat().st_ino
        with pytest.raises(CannotWrite, match="being written by another edge-run"), only_writer(path):
            pass
        with lock_file(path) as held:
            assert not held
    assert not is_locked(path)
    assert lock_path(path).exists()
    with lock_file(path) as held:
        assert held


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "j"
    descriptor = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    assert try_lock(descriptor)
    release = Timer(0.1, os.close, [descriptor])
    release.start()
    with lock_file(path, 60.0) as held:
        assert held
    release.join()


def test_looking_for_a_writer_keeps_none_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.host.files.locks._WRITER_WAIT_S", 60.0)  # a busy machine may start the thread late
    path = tmp_path / "j"
    descriptor = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    assert try_lock(descriptor)
    release = Timer(0.01, os.close, [descriptor])  # as `is_locked` does
    release.start()
    with only_writer(path):
        pass
    release.join()


def test_without_patience_nothing_is_waited_for(tmp_path: Path) -> None:
    with only_writer(tmp_path / "j"):
        began_s = time.monotonic()
        with lock_file(tmp_path / "j") as held:
            assert not held
        assert time.monotonic() - began_s < within(5)


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    lock_path(tmp_path / "j").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfiguration, match="symbolic link"), only_writer(tmp_path / "j"):
        pass
    assert not is_locked(tmp_path / "j")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refused)
    with pytest.raises(CannotWrite, match="No locks available"), only_writer(tmp_path / "j"):
        pass
