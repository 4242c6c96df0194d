"""A database as it is at one moment, in a private file of its own."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.host.files.atomic import replaced_by_name
from edge.host.files.private_files import open_private


@contextmanager
def backed_up(connection: sqlite3.Connection, place: Path) -> Iterator[sqlite3.Connection]:
    """Copy a database; a program that writes it does not wait for that.

    Args:
        connection: To the database.
        place: Where the copy is put once the block ends well; one file, which can be moved as it is.

    Yields:
        A connection to the copy.

    Raises:
        sqlite3.Error, OSError, EdgeError: It cannot be copied; nothing is left of it.
    """
    with replaced_by_name(place) as (part,):
        os.close(open_private(part, os.O_RDWR | os.O_EXCL))
        with closing(sqlite3.connect(part, isolation_level=None)) as copied:
            connection.backup(copied)
            copied.execute("PRAGMA journal_mode = DELETE")
            yield copied
