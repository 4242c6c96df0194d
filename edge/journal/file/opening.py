"""Opening a journal's file for writing."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, SourceNotFound
from edge.host.files.erasing import overwrite
from edge.host.files.private_files import cannot_write, make_private, open_private, refuse_planted, refuse_shared
from edge.host.sqlite import Connection
from edge.journal.file.damage import SIDES, examine, was_opened, written_by_edge
from edge.journal.file.former import KEPT, keep_former, remove_former
from edge.journal.schema import MIGRATIONS, DamagedJournal, by_name, migrate, transaction, version_of
from edge.journal.sqlite_errors import Fault, fault_of, writing_errors

_PATIENCE_S: Final = 5.0  # for another program's lock, at the start; a run does not stand still for so long
_PATIENCE_LATER_S: Final = 0.5
_HEAD_BYTES: Final = 32  # of a -wal file: see sqlite.org/fileformat2.html#walformat
_TIMES: Final = 5  # another program may write between two steps


class OpenFile:
    """A journal's SQLite connection, and a descriptor of its file that stays open for as long.

    Closing any descriptor of a database drops SQLite's own locks on it: this one is closed after the connection.

    Args:
        path: The file.
        create: Whether it is created if absent.
        examined: Whether its content is examined, which takes a moment for each megabyte.

    Raises:
        sqlite3.Error: It cannot be opened; then it is as it was, as with the errors that follow.
        NotAJournal: It is another program's.
        NewerJournal: A later version of this program wrote it.
        DamagedJournal: Something in it is not as this program wrote it.
        EdgeError: What `open_private` raises, where the file is created.
        OSError: It cannot be opened, where it is not created.
    """

    def __init__(self, path: Path, *, create: bool = True, examined: bool = True) -> None:
        self.path = path
        self.descriptor = open_private(path) if create else os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.connection = by_name(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, factory=Connection))
        try:
            for side in (*SIDES, ".lock", ".reserve"):
                make_private(path.with_name(path.name + side))
            self._prepare(examined)
        except BaseException:
            self.close()
            raise

    def _prepare(self, examined: bool) -> None:
        execute = self.connection.execute
        try:
            version_of(self.connection)  # before anything is changed
            if examined:
                examine(self.connection, self.descriptor)
        except sqlite3.OperationalError as error:
            if fault_of(error) is Fault.WRONG_TABLES:
                raise DamagedJournal(str(error)) from error
            raise
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")  # a commit is on the disk: NORMAL loses it with the power
        execute("PRAGMA secure_delete = ON")
        execute("PRAGMA foreign_keys = ON")
        execute("PRAGMA temp_store = MEMORY")
        execute("PRAGMA wal_autocheckpoint = 256")  # pages: a megabyte of room is enough for the -wal file
        version = version_of(self.connection)
        if 0 < version < len(MIGRATIONS):
            keep_former(self.connection, self.path, version, len(MIGRATIONS))
        migrate(self.connection, MIGRATIONS)
        remove_former(self.path, datetime.now(UTC) - KEPT)
        execute(f"PRAGMA busy_timeout = {_PATIENCE_LATER_S * 1000:.0f}")

    def still_at(self, path: Path) -> bool:
        """Whether `path` still names this file: it may have been removed or replaced."""
        try:
            there, own = path.lstat(), os.fstat(self.descriptor)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino)

    def checkpoint(self) -> bool:
        """Move everything from the -wal file into the journal, overwrite it and empty it.

        Returns:
            Whether it is empty; another program may prevent that.
        """
        if not self._overwrite_log():
            return False
        (busy, _, _) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _overwrite_log(self) -> bool:
        """Overwrite the -wal file once everything is moved from it; False where another program prevents it."""
        for _ in range(_TIMES):
            before = self._head_of_log()
            (busy, _, _) = self.connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            if busy:
                return False
            try:
                with transaction(self.connection):  # nothing is written meanwhile
                    if self._head_of_log() == before and self.still_at(self.path):  # nor was anything since the restart
                        overwrite(self._log)
                        return True
            except sqlite3.OperationalError as error:
                if fault_of(error) is not Fault.HELD:
                    raise
        return False

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _head_of_log(self) -> bytes:
        """The header of the -wal file, which is another after each restart of it."""
        try:
            with self._log.open("rb") as file:
                return file.read(_HEAD_BYTES)
        except FileNotFoundError:
            return b""

    def close(self) -> None:
        """Close connection and descriptor; never raises. The last connection removes the -wal file."""
        with suppress(sqlite3.Error, OSError):
            self._overwrite_log()
        with suppress(sqlite3.Error):
            self.connection.close()
        with suppress(OSError):
            os.close(self.descriptor)


@contextmanager
def existing_file(path: Path) -> Iterator[OpenFile]:
    """Open a journal that is there already.

    Raises:
        SourceNotFound: There is none.
        CannotWrite: It cannot be opened, or something fails while it is open.
        BadConfiguration: It is a symbolic link, or lies in another user's folder.
    """
    check_place(path)
    with writing_errors(path):
        try:
            file = OpenFile(path, create=False)
        except FileNotFoundError as error:
            raise SourceNotFound(f"There is no journal at {path}.", fix="Name the file where it is.") from error
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            yield file
        finally:
            file.close()


def refuse_other_file(path: Path) -> None:
    """Check that what lies at `path`, if anything, is or was a journal; nothing is changed or made beside it.

    Not while this process has the journal open: see `OpenFile`.

    Raises:
        BadConfiguration: It is another file.
    """
    if not os.path.isfile(path) or os.path.lexists(path.with_name(path.name + "-wal")):
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # opening it for its purpose raises it
    try:
        known = not os.fstat(descriptor).st_size or written_by_edge(descriptor) or was_opened(path)
    finally:
        os.close(descriptor)
    if not known:
        raise BadConfiguration(f"{path} is not a journal of edge.", fix="Name another file, or move this one away.")


def check_place(path: Path) -> None:
    """Check that a journal can be at `path`, and that no other user decides what file that is.

    Raises:
        CannotWrite: It is a folder or a device.
        BadConfiguration: It or a file that SQLite keeps beside it is a symbolic link or another user's, or other users
            may write to its folder.
    """
    refuse_shared(path)
    for ending in ("", "-wal", "-shm", "-journal"):
        refuse_planted(path.with_name(path.name + ending))
