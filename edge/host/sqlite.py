"""A connection to an SQLite file that may be damaged."""

import sqlite3
from typing import Any


class Connection(sqlite3.Connection):
    """A connection that reports every damage of its file as SQLite's own error."""

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        """Execute a statement, as in `sqlite3`.

        SQLite's messages quote damaged names, and `sqlite3` cannot decode a message that is not UTF-8.

        Raises:
            sqlite3.Error: It failed. Where the message could not be decoded, with the code SQLITE_CORRUPT.
        """
        try:
            return super().execute(*statement)
        except UnicodeDecodeError as error:
            damage = sqlite3.DatabaseError("a name in it is not UTF-8")
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage from error
