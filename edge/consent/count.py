"""The count of changes to a file of consents, kept in the file and beside it, so that an older copy is noticed.

A copy would bring a withdrawn consent back. Each file has a random id; each change raises its count, first in the file
and then in `consent.sqlite.count`. What is behind that count, or has another id, is a copy or another booth's file.
"""

import os
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from edge.host.files.atomic import replace
from edge.host.files.private_files import cannot_write, open_private
from edge.host.files.small_files import UnfitFile, read_small

_TABLE: Final = "CREATE TABLE changes (id TEXT NOT NULL, count INTEGER NOT NULL) STRICT"
_FORM: Final = re.compile(rb"([0-9a-f]{32}) (\d{20})\n")


@dataclass(frozen=True, slots=True)
class Count:
    """How often the file of an id was changed."""

    id: str
    count: int

    @classmethod
    def beside(cls, file: Path) -> Self | None:
        """Return what is noted beside a file; None where nothing is.

        Raises:
            ValueError: It cannot be understood.
        """
        try:
            content = read_small(_place(file)).content
        except FileNotFoundError:
            return None
        except UnfitFile as error:
            raise ValueError(f"{_place(file).name} {error}") from error
        found = _FORM.fullmatch(content)
        if found is None:
            raise ValueError(f"{_place(file).name} holds no count")
        return cls(found[1].decode(), int(found[2]))

    @classmethod
    def inside(cls, connection: sqlite3.Connection) -> Self | None:
        """Return what stands in an open file; None in one of an earlier version."""
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'changes'").fetchone():
            return None
        row = connection.execute("SELECT id, count FROM changes").fetchone()
        return cls(row["id"], row["count"])

    @classmethod
    def begun(cls, connection: sqlite3.Connection, file: Path) -> Self:
        """Begin to count, within a transaction of the caller's."""
        first = cls(os.urandom(16).hex(), 0)
        connection.execute(_TABLE)
        connection.execute("INSERT INTO changes VALUES (?, ?)", (first.id, first.count))
        try:
            replace(_place(file), first._content())
        except OSError as error:
            raise cannot_write(_place(file), error) from error
        return first

    def raised(self, connection: sqlite3.Connection) -> Self:
        """Count a change, within its transaction; `note` the result once that is committed."""
        connection.execute("UPDATE changes SET count = count + 1")
        return type(self)(self.id, self.count + 1)

    def note(self, file: Path) -> None:
        """Note the count beside the file, on the disk; in place, so that a full disk is no obstacle.

        Raises:
            CannotWrite: It cannot be noted.
        """
        descriptor = open_private(_place(file))
        try:
            os.pwrite(descriptor, self._content(), 0)
            os.fsync(descriptor)
        except OSError as error:
            raise cannot_write(_place(file), error) from error
        finally:
            os.close(descriptor)

    def _content(self) -> bytes:
        return f"{self.id} {self.count:020}\n".encode()


def refuse_copy(connection: sqlite3.Connection, file: Path, noted: Count | None) -> None:
    """Check that an open file is the one that was last changed here.

    Args:
        connection: To the file.
        file: The file.
        noted: What was noted beside it before it was opened: a change may have come between.

    Raises:
        ValueError: It is an older copy, or another booth's.
    """
    for known in (noted, Count.beside(file)):
        found = Count.inside(connection)
        if found is None and known is None:
            return  # of an earlier version; the first change begins to count
        if found is not None and known is not None and found.id == known.id and found.count >= known.count:
            return
    raise ValueError("it is an older copy, or another booth's")


def _place(file: Path) -> Path:
    return file.with_name(f"{file.name}.count")
