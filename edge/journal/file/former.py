"""Copies of a journal from before an update changed its tables: for some days, the way back to the former program.

They hold figures of people. Whatever is deleted from the journal is deleted from them, and after `KEPT` they go.
"""

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError, SourceNotFound
from edge.host.files.atomic import synchronise_folder
from edge.host.files.erasing import remove_overwritten
from edge.host.files.locks import only_writer
from edge.host.files.private_files import cannot_write
from edge.host.sqlite import Connection
from edge.journal.file.backup import backed_up
from edge.journal.schema import version_of

log = logging.getLogger(__name__)

KEPT: Final = timedelta(days=7)
_NAME: Final = re.compile(r"\.before-\d+\.(\d{8}T\d{6}Z)")
_SIDES: Final = ("-journal", "-wal", "-shm")  # what SQLite may have left beside a database


def former_copies(journal: Path) -> list[tuple[Path, datetime]]:
    """Return the copies beside a journal, each with when it was made (UTC), oldest first."""
    found = [
        (place, datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
        for place in journal.parent.glob(f"{escape(journal.name)}.before-*")
        if (match := _NAME.fullmatch(place.name.removeprefix(journal.name)))
    ]
    return sorted(found, key=lambda one: one[1])


def keep_former(connection: sqlite3.Connection, journal: Path, version: int, next_version: int) -> None:
    """Copy a journal before its tables are changed, in place of an earlier copy; logged.

    Where that is impossible, as on a full disk, an error is logged and there is no way back.

    Args:
        connection: To the journal.
        journal: Its file.
        version: Of its tables.
        next_version: That they are brought to.
    """
    change = f"The journal {journal} is brought from version {version} to {next_version}"
    place = journal.with_name(f"{journal.name}.before-{next_version}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        remove_former(journal)
        with backed_up(connection, place) as copied:
            if version_of(copied) != version:
                raise sqlite3.OperationalError("another program changed it meanwhile")
    except (OSError, sqlite3.Error, EdgeError) as error:
        log.error("%s without a copy of before, and cannot be brought back: %s", change, error)
        return
    log.warning("%s. As it was before it is in %s, for %d days.", change, place.name, KEPT.days)


def forget_in_former(connection: sqlite3.Connection, journal: Path) -> None:
    """Delete from the copies what is no longer in the journal; a copy in which that fails is removed.

    Args:
        connection: To the journal, outside of a transaction.
        journal: Its file.

    Raises:
        CannotWrite: A copy can neither be changed nor removed.
    """
    for place, _ in former_copies(journal):
        try:
            with _attached(connection, place):
                tables = {name for (name,) in connection.execute("SELECT name FROM former.sqlite_schema")}
                for table in sorted(tables & {"summaries", "sealed_summaries"}):
                    connection.execute(
                        f"""DELETE FROM former.{table} WHERE NOT EXISTS (SELECT 1 FROM main.{table} AS now
                        WHERE now.id = former.{table}.id AND now.session_id = former.{table}.session_id)"""
                    )
                connection.execute("DELETE FROM former.sessions WHERE id NOT IN (SELECT id FROM main.sessions)")
        except sqlite3.Error:
            _remove(place)


def remove_former(journal: Path, before: datetime | None = None) -> tuple[Path, ...]:
    """Remove the copies that were made before a date (UTC), or all of them, overwritten.

    Returns:
        Those that were removed.

    Raises:
        CannotWrite: One cannot be removed.
    """
    old = tuple(place for place, at in former_copies(journal) if before is None or at < before)
    for place in old:
        _remove(place)
    return old


def remove_former_with(session: str, journal: Path) -> None:
    """Remove the copies that a session of a name is in, or may be in.

    Raises:
        CannotWrite: One cannot be removed.
    """
    for place, _ in former_copies(journal):
        if _may_hold(session, place):
            _remove(place)


def in_former(session: str, journal: Path) -> bool:
    """Return whether a session of a name is in a copy, or may be: nothing is known of one that cannot be read."""
    return any(_may_hold(session, place) for place, _ in former_copies(journal))


def restore_former(journal: Path) -> Path:
    """Put the newest copy in the journal's place. What was recorded since it was made is deleted.

    Args:
        journal: The journal, which no program may be writing.

    Returns:
        The copy that was put there.

    Raises:
        SourceNotFound: There is no copy.
        CannotWrite: A program writes the journal, or the copy cannot be put there.
    """
    copies = former_copies(journal)
    if not copies:
        raise SourceNotFound(f"There is no copy of {journal} from before an update.", fix="Install the newer version.")
    place, _ = copies[-1]
    with only_writer(journal):
        try:
            for side in _SIDES:
                remove_overwritten(journal.with_name(journal.name + side))
            # First a name for the newer one, which is overwritten at last: there is a whole journal at every moment.
            newer = journal.with_name(f".{journal.name}.newer")
            remove_overwritten(newer)  # of a process that was killed
            os.link(journal, newer)
            place.replace(journal)
            synchronise_folder(journal.parent)
            remove_overwritten(newer)
        except OSError as error:
            raise cannot_write(journal, error) from error
    return place


@contextmanager
def _attached(connection: sqlite3.Connection, place: Path) -> Iterator[None]:
    connection.execute("ATTACH ? AS former", (str(place),))
    try:
        connection.execute("PRAGMA former.secure_delete = ON")
        connection.execute("PRAGMA former.journal_mode = MEMORY")  # a file would keep what is deleted
        yield
    finally:
        connection.execute("DETACH former")


def _may_hold(session: str, place: Path) -> bool:
    with suppress(sqlite3.Error), closing(_reading(place)) as copied:
        return copied.execute("SELECT 1 FROM sessions WHERE name = ?", (session,)).fetchone() is not None
    return True


def _reading(place: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True, factory=Connection)


def _remove(place: Path) -> None:
    try:
        for side in ("", *_SIDES):
            remove_overwritten(place.with_name(place.name + side))
    except OSError as error:
        raise cannot_write(place, error) from error
