"""Private files: created for their owner alone whatever the umask is, never through a symbolic link."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from edge.core.errors import BadConfiguration, CannotWrite, EdgeError


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of `path`, created 0600 if absent, in a folder created 0700 if absent.

    Raises CannotWrite where that fails, BadConfiguration for a symbolic link or another user's file.
    """
    try:
        make_folder(path.parent)
        # O_NONBLOCK: a named pipe that nobody reads answers with an error instead of a wait without end.
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise cannot_write(path, error) from error
    owner = os.fstat(descriptor).st_uid
    if stat.S_ISREG(os.fstat(descriptor).st_mode) and owner != os.geteuid():
        os.close(descriptor)
        raise another_users(path)
    os.set_blocking(descriptor, True)
    return descriptor


def refuse_unsafe(path: Path) -> None:
    """Raise BadConfiguration where the folder of `path` is a symbolic link, or neither this user's nor root's.

    Whoever may put something else in a folder's place decides where a file in it comes to lie.
    """
    folder = path.parent
    try:
        seen = folder.lstat()
    except FileNotFoundError:
        return  # it will be made, for this user alone
    except OSError as error:
        raise cannot_write(path, error) from error
    if stat.S_ISLNK(seen.st_mode):
        raise BadConfiguration(f"The folder {folder} is a symbolic link.", fix="Name the folder itself.")
    if stat.S_ISDIR(seen.st_mode) and seen.st_uid not in (os.geteuid(), 0):
        raise another_users(folder)


def make_private(path: Path) -> None:
    """Take group's and others' permissions from a file of this user's, and from nothing else.

    By name: opening and closing a database would drop SQLite's locks on it.
    """
    with suppress(OSError):
        seen = path.lstat()
        if stat.S_ISREG(seen.st_mode) and seen.st_uid == os.geteuid() and seen.st_mode & 0o077:
            path.chmod(0o600)


class DiskRefuses(CannotWrite):
    """The disk does not take it now, and may later: it is full, read-only, failing, or held by another program."""


class DiskFull(DiskRefuses):
    """There is no room."""


def cannot_write(path: Path, error: OSError) -> EdgeError:
    """What an OSError on `path` means to a person."""
    match error.errno:
        case errno.EISDIR:
            return CannotWrite(f"{path} is a folder, not a file.", fix=f"Name a file in it, as {path / 'edge'}.")
        case errno.EACCES | errno.EPERM:
            return CannotWrite(
                f"{path} may not be written by this user.", fix=f"Allow it on {path.parent}, or choose another place."
            )
        case errno.EROFS:
            return DiskRefuses(f"{path} is on a read-only file system.", fix="Choose another place.")
        case errno.ENOSPC | errno.EDQUOT:
            return disk_full(path)
        case errno.ELOOP:
            return BadConfiguration(f"{path} is a symbolic link.", fix="Name the file itself.")
        case errno.ENOTDIR:
            return CannotWrite(f"{path} lies below something that is no folder.", fix="Correct the path.")
        case errno.ENXIO:
            return CannotWrite(f"{path} is a pipe that nobody reads.", fix="Start its reader first.")
        case _:
            return DiskRefuses(f"{path} cannot be written: {error.strerror}.", fix="Choose another place.")


def another_users(path: Path) -> BadConfiguration:
    """`path` is not this user's."""
    return BadConfiguration(f"{path} belongs to another user.", fix="Choose another place, or run as that user.")


def disk_full(path: Path) -> DiskFull:
    """The disk that holds `path` has no room."""
    return DiskFull(f"The disk that holds {path} is full.", fix="Make room; what was committed before is safe.")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, 0700 whatever the umask is. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
