"""The file of consents: one private SQLite database without a -wal file, and its errors."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Final
from urllib.parse import quote

from edge.consent.count import Count, refuse_copy
from edge.core.errors import NoConsent
from edge.host.files.erasing import overwrite
from edge.host.files.locks import lock_file
from edge.host.files.private_files import (
    DiskRefuses,
    another_users,
    cannot_write,
    disk_full,
    make_private,
    open_private,
)
from edge.host.sqlite import Connection
from edge.journal.file.opening import check_place
from edge.journal.file.reserve import reserves_in
from edge.journal.schema import by_name, transaction
from edge.journal.sqlite_errors import Fault, fault_of

_APPLICATION_ID: Final = 0x65646763  # "edgc"
_VERSION: Final = 1
_WAIT_TO_READ_S: Final = 0.5  # for another program's lock; a consent that cannot be read is none
_WAIT_TO_WRITE_S: Final = 5.0
_SCHEMA: Final = (
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
    """CREATE TABLE receipts (
        id TEXT PRIMARY KEY,
        granted_at TEXT NOT NULL,
        notice_version TEXT NOT NULL,
        notice_sha256 TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('granted', 'ended', 'expired', 'withdrawn')),
        changed_at TEXT NOT NULL,
        erased_at TEXT
    ) STRICT""",
    # Without an index of its own the name is in one place. `mark` is random: it is looked for after a deletion.
    """CREATE TABLE sessions (
        name TEXT PRIMARY KEY,
        mark TEXT NOT NULL,
        receipt_id TEXT NOT NULL REFERENCES receipts (id),
        boot_id TEXT NOT NULL,
        granted_tick_s REAL NOT NULL,
        until_tick_s REAL NOT NULL,
        journal TEXT,
        jsonl TEXT,
        capture TEXT CHECK (capture IN ('running', 'hangs', 'over'))
    ) STRICT, WITHOUT ROWID""",
)

# Closing any descriptor of a database drops SQLite's locks on it in the whole process: one at a time, then.
_ALONE: Final = RLock()


class ConsentFile:
    """The file, opened for each access, so that a removed or damaged one is noticed at once.

    Args:
        path: The file; it may be absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def opened(self, *, to_write: bool = False, create: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one access.

        Args:
            to_write: Wait longer for another program, and examine the file before it is changed.
            create: Create the file if absent; otherwise the connection is to an empty database in memory.

        Yields:
            A connection without a transaction.

        Raises:
            NoConsent: The content is damaged or another program's.
            CannotWrite: The disk refuses it, or another program holds it.
            BadConfiguration: It is a symbolic link, or another user's.
        """
        check_place(self.path)
        with _ALONE, self._errors():
            if create and not os.path.lexists(self.path):
                os.close(open_private(self.path))
            noted = Count.beside(self.path)
            with closing(by_name(self._connected(_WAIT_TO_WRITE_S if to_write else _WAIT_TO_READ_S))) as connection:
                self._prepare(connection, noted, examined=to_write)
                yield connection

    @contextmanager
    def changing(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one change, which is counted; arguments and errors as of `opened`.

        Yields:
            A connection within a transaction.
        """
        with self.opened(to_write=True, create=create) as connection:
            with transaction(connection):
                yield connection
                kept = os.path.lexists(self.path)  # else there is nothing that could be copied
                count = (Count.inside(connection) or Count.begun(connection, self.path)) if kept else None
                count = None if count is None else count.raised(connection)
            if count is not None:
                count.note(self.path)
            with transaction(connection):  # nothing is written meanwhile: the rollback journal is not in use
                overwrite(self.path.with_name(self.path.name + "-journal"))

    def _connected(self, wait_s: float) -> sqlite3.Connection:
        try:
            seen = self.path.lstat()
        except FileNotFoundError:
            return sqlite3.connect(":memory:", isolation_level=None)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid():
            raise another_users(self.path)
        make_private(self.path)
        # Not mode=ro: that could not take back what a power cut left half done.
        uri = f"file:{quote(os.fsencode(self.path.absolute()))}?mode=rw"
        return sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, factory=Connection)

    def _prepare(self, connection: sqlite3.Connection, noted: Count | None, *, examined: bool) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        # No -wal file: reading four times a second would write to it each time, and one file is easier to erase from.
        # The rollback journal stays and is overwritten: truncated, it would leave what was erased in free blocks.
        for setting in ("journal_mode = PERSIST", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {setting}")
        if not (application or version or tables):
            with transaction(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)
                if os.path.lexists(self.path):
                    Count.begun(connection, self.path)
        elif (application, version) != (_APPLICATION_ID, _VERSION):
            raise ValueError("it is another program's, or another version's")
        elif examined:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise ValueError(" ".join(found.split()))
        if tables:
            refuse_copy(connection, self.path, noted)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Translate the errors of SQLite and of wrong content."""
        try:
            yield
        except sqlite3.Error as error:
            match fault_of(error):
                case Fault.FULL:
                    raise disk_full(self.path) from error
                case Fault.HELD:
                    raise DiskRefuses(f"{self.path} is held by another program.", fix="Close it.") from error
                case Fault.FORBIDDEN | Fault.FAILING:
                    raise DiskRefuses(f"{self.path} cannot be used: {error}.", fix="Check the disk.") from error
            raise self._damaged(error) from error
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> NoConsent:
        return NoConsent(
            f"{self.path} is damaged ({error}): no consent can be read from it.",
            fix="Move it away, and ask every person anew.",
        )

    def holds(self, mark: str) -> bool:
        """Return whether a mark's bytes are still in the file, or in the files that SQLite keeps beside it."""
        sides = (self.path.with_name(self.path.name + end) for end in ("", "-journal", "-wal"))
        with _ALONE:
            return any(mark.encode() in side.read_bytes() for side in sides if side.exists())

    def make_room(self) -> bool:
        """Give back the room that journals beside it hold in reserve; return whether there was any."""
        given = [reserve.give_back() for reserve in reserves_in(self.path.parent)]
        return any(given)

    @contextmanager
    def erasing(self, wait_s: float) -> Iterator[bool]:
        """Hold the lock for erasing; yield False where another process holds it for longer than `wait_s` seconds."""
        check_place(self.path)
        with lock_file(self.path, wait_s) as free:
            yield free
