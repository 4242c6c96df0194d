"""Opening a journal's file for writing, and what SQLite's errors about it mean to a person."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, CannotWrite
from edge.host.private_files import DiskRefuses, cannot_write, disk_full, make_private, open_private, refuse_unsafe
from edge.journal.damage import SIDES, examine
from edge.journal.schema import DamagedJournal, NewerJournal, NotAJournal, by_name, migrate, version_of

_PATIENCE_S: Final = 5.0  # for another program's lock, at the start; a run does not stand still for so long
_PATIENCE_LATER_S: Final = 0.5
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class OpenFile:
    """A journal's SQLite connection, and a descriptor of its file that stays open for as long.

    Closing any descriptor of a database drops SQLite's own locks on it: this one is closed after the connection.
    """

    def __init__(self, path: Path, *, create: bool = True, examined: bool = True) -> None:
        """Open and examine the file, unless that was done already, and bring its tables up to date.

        Raises what open_private raises, sqlite3.Error, NotAJournal, NewerJournal and DamagedJournal; then the file is
        as it was.
        """
        self.descriptor = open_private(path) if create else os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.connection = by_name(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None))
        try:
            for side in (*SIDES, ".lock", ".reserve"):
                make_private(path.with_name(path.name + side))
            self._prepare(examined)
        except BaseException:
            self.close()
            raise

    def _prepare(self, examined: bool) -> None:
        ask = self.connection.execute
        try:
            version_of(self.connection)  # before anything is changed
            if examined:
                examine(self.connection, self.descriptor)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # these questions are right: the file is not
                raise DamagedJournal(str(error)) from error
            raise
        ask("PRAGMA journal_mode = WAL")
        ask("PRAGMA synchronous = FULL")  # a commit is on the disk: NORMAL loses it with the power
        ask("PRAGMA secure_delete = ON")
        ask("PRAGMA foreign_keys = ON")
        ask("PRAGMA temp_store = MEMORY")
        ask("PRAGMA wal_autocheckpoint = 256")  # pages: a megabyte of room is enough for the -wal file
        migrate(self.connection)
        ask(f"PRAGMA busy_timeout = {_PATIENCE_LATER_S * 1000:.0f}")

    def still_at(self, path: Path) -> bool:
        """Whether `path` still names this file: it may have been removed or replaced."""
        try:
            there, own = path.lstat(), os.fstat(self.descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino)

    def close(self) -> None:
        """Give everything back; never raises."""
        with suppress(sqlite3.Error):
            self.connection.close()
        with suppress(OSError):
            os.close(self.descriptor)


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file's contents are wrong, and not that it could not be reached."""
    return isinstance(error, DamagedJournal) or (
        isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
    )


def check_place(path: Path) -> None:
    """Raise CannotWrite where no journal can be, BadConfiguration where somebody else decides what comes to lie."""
    refuse_unsafe(path)
    if os.path.isdir(path):  # os.path: no error in a folder that may not be looked into; opening says it
        raise cannot_write(path, IsADirectoryError(errno.EISDIR, "is a directory"))
    if os.path.exists(path) and not path.is_file():
        raise CannotWrite(f"{path} is a device or a pipe, not a file.", fix="Name a file.")
    for ending in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        if os.path.islink(beside):
            raise BadConfiguration(f"{beside} is a symbolic link.", fix="Remove it, or choose another place.")


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the schema raise about `path` into CannotWrite."""
    try:
        yield
    except NotAJournal as error:
        raise CannotWrite(f"{path} is another program's SQLite file.", fix="Name another file.") from error
    except NewerJournal as error:
        raise CannotWrite(f"{path} was written by a newer version of edge.", fix="Update, or name another.") from error
    except DamagedJournal as error:
        raise CannotWrite(f"{path} is damaged: {error}.", fix="Move it away; a new one is begun then.") from error
    except sqlite3.Error as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: sqlite3.Error) -> CannotWrite:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return disk_full(path)
        case sqlite3.SQLITE_NOTADB:
            return CannotWrite(f"{path} is not a journal of edge.", fix="Name another file, or move this one away.")
        case sqlite3.SQLITE_CORRUPT:
            return CannotWrite(f"{path} is damaged.", fix="Move it away; a new one is begun then.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return DiskRefuses(f"{path} may not be written here: {error}.", fix=f"Allow writing to {path.parent}.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DiskRefuses(f"{path} is held by another program.", fix="Close what has it open.")
        case _:
            return DiskRefuses(f"{path} was not written: {error}.", fix="Check the disk and the room on it.")
