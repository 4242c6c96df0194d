"""Opening a journal's file for writing, and what SQLite's errors about it mean to a person."""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, CannotWrite
from edge.host.private_files import cannot_write, make_private, open_private, refuse_unsafe
from edge.journal.damage import SIDES, examine
from edge.journal.schema import DamagedJournal, by_name, migrate, version_of
from edge.journal.sqlite_errors import Fault, fault_of

_PATIENCE_S: Final = 5.0  # for another program's lock, at the start; a run does not stand still for so long
_PATIENCE_LATER_S: Final = 0.5


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
            if fault_of(error) is Fault.WRONG_TABLES:
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
