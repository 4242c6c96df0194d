"""What SQLite's errors mean: one table from its codes, and the messages about a journal that is written or read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, CannotWrite, SourceNotFound
from edge.host.files.private_files import DiskRefuses, disk_full
from edge.journal.file.former import former_copies
from edge.journal.schema import DamagedJournal, NewerJournal, NotAJournal

RESTORE: Final = "Restore it from a copy, or move it away."


class Fault(Enum):
    """What is wrong with a database, by SQLite's result code."""

    FULL = auto()  # the disk has no room
    HELD = auto()  # another program has locked it
    FORBIDDEN = auto()  # it may not be opened or written
    FAILING = auto()  # the disk or the file system fails
    NOT_SQLITE = auto()  # its content is something else
    CORRUPT = auto()  # its content is wrong
    WRONG_TABLES = auto()  # a statement does not fit its tables; the statements of this program are right
    OTHER = auto()


_FAULTS: Final = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_BUSY: Fault.HELD,
    sqlite3.SQLITE_LOCKED: Fault.HELD,
    sqlite3.SQLITE_READONLY: Fault.FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: Fault.FORBIDDEN,
    sqlite3.SQLITE_PERM: Fault.FORBIDDEN,
    sqlite3.SQLITE_IOERR: Fault.FAILING,
    sqlite3.SQLITE_NOTADB: Fault.NOT_SQLITE,
    sqlite3.SQLITE_CORRUPT: Fault.CORRUPT,
    sqlite3.SQLITE_ERROR: Fault.WRONG_TABLES,
}  # by primary result code: https://www.sqlite.org/rescode.html


def fault_of(error: BaseException) -> Fault:
    """Return the meaning of an error of `sqlite3`; OTHER for one without a code, or that is none of SQLite's."""
    return _FAULTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, Fault.OTHER)


def is_damage(error: BaseException) -> bool:
    """Return whether an error says that a journal's content is wrong, and not that it could not be reached."""
    return isinstance(error, DamagedJournal) or fault_of(error) in (Fault.CORRUPT, Fault.NOT_SQLITE)


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Translate the errors of SQLite and of the schema while the journal at `path` is written.

    Raises:
        CannotWrite: Instead of any of them; DiskRefuses or DiskFull where trying again later may help.
        BadConfiguration: A later version of this program wrote the journal.
    """
    try:
        yield
    except (sqlite3.Error, NotAJournal, NewerJournal, DamagedJournal) as error:
        raise _cannot_write(path, error) from error


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Translate the errors of SQLite and of the schema while the journal at `path` is read.

    Raises:
        SourceNotFound: Instead of any of them.
    """
    try:
        yield
    except (sqlite3.Error, NotAJournal, NewerJournal, DamagedJournal) as error:
        raise _cannot_read(path, error) from error


def _cannot_write(path: Path, error: Exception) -> CannotWrite | BadConfiguration:
    match error:
        case NotAJournal():
            return CannotWrite(f"{path} is another program's SQLite file.", fix="Name another file.")
        case NewerJournal():
            # No later attempt succeeds: a service is not to be started again and again over it.
            back = f", or go back to its copy of before: edge-journal restore {path}" if former_copies(path) else ""
            fix = f"Update{back or ', or name another'}."
            return BadConfiguration(f"{path} was written by a newer version of edge.", fix=fix)
        case DamagedJournal():
            return CannotWrite(f"{path} is damaged: {error}.", fix="Move it away; a new one is begun then.")
    match fault_of(error):
        case Fault.FULL:
            return disk_full(path)
        case Fault.NOT_SQLITE:
            return CannotWrite(f"{path} is not a journal of edge.", fix="Name another file, or move this one away.")
        case Fault.CORRUPT:
            return CannotWrite(f"{path} is damaged.", fix="Move it away; a new one is begun then.")
        case Fault.FORBIDDEN:
            return DiskRefuses(f"{path} may not be written here: {error}.", fix=f"Allow writing to {path.parent}.")
        case Fault.HELD:
            return DiskRefuses(f"{path} is held by another program.", fix="Close what has it open.")
    return DiskRefuses(f"{path} was not written: {error}.", fix="Check the disk and the room on it.")


def _cannot_read(path: Path, error: Exception) -> SourceNotFound:
    if isinstance(error, NewerJournal):
        return SourceNotFound(f"{path} was written by a newer version of edge.", fix="Update this one.")
    fault = fault_of(error)
    if isinstance(error, NotAJournal) or fault is Fault.NOT_SQLITE:
        return SourceNotFound(f"{path} is not a journal of edge.", fix="Name the file that edge-run wrote.")
    if isinstance(error, DamagedJournal) or fault in (Fault.CORRUPT, Fault.WRONG_TABLES):
        return SourceNotFound(f"{path} is damaged: {error}.", fix=RESTORE)
    return SourceNotFound(
        f"{path} cannot be read: {error}.",
        fix="Check its permissions, or copy it with its -wal file to another folder.",
    )
