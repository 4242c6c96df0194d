"""Advisory locks (flock(2)) on private files; the kernel releases them when their process ends, however it ends.

Never on a SQLite database itself: closing any descriptor of one drops SQLite's own locks on it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge.core.errors import CannotWrite
from edge.host.files.private_files import cannot_write, open_private

_POLL_S: Final = 0.01
_WRITER_WAIT_S: Final = 0.05  # `is_locked` holds a lock for a moment


class WrittenByAnother(CannotWrite):
    """Another process is the only writer of a file."""


def try_lock(descriptor: int, wait_s: float = 0.0) -> bool:
    """Lock an open file exclusively, until the descriptor is closed.

    Args:
        descriptor: Of the file to lock.
        wait_s: For how long to wait for another holder, in seconds.

    Returns:
        Whether the lock is held now.

    Raises:
        OSError: The file system has no locks.
    """
    until_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until_s:
                return False
        time.sleep(_POLL_S)


def lock_to_write(descriptor: int, path: Path) -> None:
    """Take the lock of the only writer of `path`, until `descriptor` is closed.

    Raises:
        WrittenByAnother: Another process holds it.
        CannotWrite: The file system has no locks.
    """
    try:
        if try_lock(descriptor, _WRITER_WAIT_S):
            return
    except OSError as error:
        raise cannot_write(path, error) from error
    raise WrittenByAnother(
        f"{path} is being written by another edge-run.", fix="End that one first, or name another file."
    )


def lock_path(path: Path) -> Path:
    """Return the lock file of `path`, as `journal.sqlite.lock`."""
    return path.with_name(path.name + ".lock")


@contextmanager
def lock_file(path: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock beside `path`. Its file is never removed, as that would let two processes in.

    Args:
        path: What the lock protects; `path` itself is not opened.
        wait_s: For how long to wait for another holder, in seconds.

    Yields:
        Whether the lock is held.
    """
    descriptor = open_private(lock_path(path))
    try:
        yield try_lock(descriptor, wait_s)
    finally:
        os.close(descriptor)


@contextmanager
def only_writer(path: Path) -> Iterator[int]:
    """Hold the lock beside `path` as its only writer.

    Yields:
        The lock file's descriptor.

    Raises:
        CannotWrite: Another process holds the lock.
        BadConfiguration: The lock file is a symbolic link, or another user's.
    """
    descriptor = open_private(lock_path(path))
    try:
        lock_to_write(descriptor, path)
        yield descriptor
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock beside `path`."""
    try:
        descriptor = os.open(lock_path(path), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)
