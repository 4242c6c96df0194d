"""What a journal says of itself: an id that its copies share, and settings of the last run that wrote it."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from edge.journal.schema import transaction
from edge.journal.store import Journal

ID: Final = "journal"  # 32 hexadecimal digits, made with the file
BOOTH: Final = "booth"
RETENTION_DAYS: Final = "retention_days"
MAX_FPS: Final = "max_fps"
LINES: Final = "jsonl"  # the file of JSON lines that has what this journal has

_PUT: Final = "INSERT INTO meta (key, value) VALUES (?, ?)"


def note_settings(journal: Journal, settings: Mapping[str, object]) -> dict[str, str]:
    """Write settings of a run into its journal, in the place of those of the run before.

    Args:
        journal: The open journal.
        settings: Values by the names above; one that is None is removed.

    Returns:
        What stood there before.

    Raises:
        CannotWrite: They cannot be written.
    """
    wanted = {name: str(value) for name, value in settings.items() if value is not None}
    with journal.sound_file() as file:
        before = read_meta(file.connection)
        if {name: value for name, value in before.items() if name in settings} != wanted:
            with transaction(file.connection):
                file.connection.executemany("DELETE FROM meta WHERE key = ?", [(name,) for name in settings])
                file.connection.executemany(_PUT, wanted.items())
    return before


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return everything that a journal says of itself, by the names above."""
    return dict(connection.execute("SELECT key, value FROM meta").fetchall())
