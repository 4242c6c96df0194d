"""Private files: created for their owner alone whatever the umask is, never through a symbolic link."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from edge.core.errors import BadConfiguration, CannotWrite, EdgeError


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """Open a file, created 0600 if absent, in a folder created 0700 if absent.

    Args:
        path: The file.
        flags: Of open(2), such as `os.O_WRONLY | os.O_APPEND`.

    Returns:
        Its descriptor, which the caller closes.

    Raises:
        CannotWrite: It cannot be opened; DiskRefuses or DiskFull where trying again later may help.
        BadConfiguration: It is a symbolic link, or another user's.
    """
    try:
        make_folder(path.parent)
        # O_NONBLOCK: opening a named pipe without a reader is an error then, instead of a wait without end.
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
    """Check that no other user decides to which file `path` leads, by replacing its folder.

    Raises:
        BadConfiguration: The folder is a symbolic link, or neither this user's nor root's.
        CannotWrite: The folder cannot be looked at.
    """
    folder = path.parent
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return  # it will be made, for this user alone
    except OSError as error:
        raise cannot_write(path, error) from error
    if stat.S_ISLNK(status.st_mode):
        raise BadConfiguration(f"The folder {folder} is a symbolic link.", fix="Name the folder itself.")
    if stat.S_ISDIR(status.st_mode) and status.st_uid not in (os.geteuid(), 0):
        raise another_users(folder)


def refuse_shared(path: Path) -> None:
    """Check that no other user can put files beside `path`; for what SQLite keeps in several files.

    SQLite believes the files beside a database: another user's write-ahead log would change what is read, and let its
    owner read what is written.

    Raises:
        BadConfiguration: As `refuse_unsafe`; or the folder's group or all users may write to it.
        CannotWrite: The folder cannot be looked at.
    """
    refuse_unsafe(path)
    with suppress(FileNotFoundError):
        if path.parent.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise BadConfiguration(
                f"Other users may write to the folder {path.parent}.",
                fix=f"Choose a folder of your own, or run chmod go-w {path.parent}.",
            )


def refuse_planted(path: Path) -> None:
    """Check that a file, if it is there, is a regular file of this user or of root.

    Raises:
        BadConfiguration: It is a symbolic link, or another user's.
        CannotWrite: It is no regular file, or cannot be looked at.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, PermissionError):
        return  # of a folder that may not be searched: opening the file raises it
    except OSError as error:
        raise cannot_write(path, error) from error
    if stat.S_ISLNK(status.st_mode):
        raise BadConfiguration(f"{path} is a symbolic link.", fix="Remove it, or choose another place.")
    if stat.S_ISDIR(status.st_mode):
        raise cannot_write(path, IsADirectoryError(errno.EISDIR, "is a directory"))
    if not stat.S_ISREG(status.st_mode):
        raise CannotWrite(f"{path} is a device or a pipe, not a file.", fix="Name a file.")
    if status.st_uid not in (os.geteuid(), 0):
        raise another_users(path)


def make_private(path: Path) -> None:
    """Remove the permissions of group and others from a regular file of this user; without effect on anything else.

    It is not opened: opening and closing a database would drop SQLite's locks on it.
    """
    with suppress(OSError):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o077:
            path.chmod(0o600)


class DiskRefuses(CannotWrite):
    """It cannot be written now, and perhaps later: the disk is full, read-only or failing, or a program holds it."""


class DiskFull(DiskRefuses):
    """The disk has no room."""


def cannot_write(path: Path, error: OSError) -> EdgeError:
    """Return the error, with its remedy, that an OSError about `path` stands for."""
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
            return CannotWrite(f"{path} is a pipe without a reader.", fix="Start its reader first.")
        case _:
            return DiskRefuses(f"{path} cannot be written: {error.strerror}.", fix="Choose another place.")


def another_users(path: Path) -> BadConfiguration:
    """Return the error that `path` belongs to another user."""
    return BadConfiguration(f"{path} belongs to another user.", fix="Choose another place, or run as that user.")


def disk_full(path: Path) -> DiskFull:
    """Return the error that there is no room for `path`."""
    return DiskFull(f"The disk that holds {path} is full.", fix="Make room; what was committed before is safe.")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, 0700 whatever the umask is.

    Raises:
        OSError: One of them cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
