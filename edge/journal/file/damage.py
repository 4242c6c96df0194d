"""Damaged journals: how one is recognised, and how it is put aside so that a new one can be begun."""

import os
import re
import sqlite3
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Final

from edge.host.files.erasing import remove_overwritten
from edge.host.files.locks import lock_path
from edge.host.files.private_files import open_private
from edge.journal.schema import APPLICATION_ID, DamagedJournal, columns, columns_of_version, version_of

SIDES: Final = ("", "-wal", "-shm")  # what SQLite keeps a database in
_MARK: Final = b"journal of edge\n"  # in the lock file, as soon as the journal beside it was opened once
_MAGIC: Final = b"SQLite format 3\0"
_UTF_8: Final = (1, 0)  # the header's text encoding; 0 while all tables are still in the -wal file
_THOROUGH_BYTES: Final = 32 * 2**20  # a larger file's indexes are not compared with its tables: it would take seconds
_KEPT: Final = 3  # damaged journals; a failing disk must not be filled with them
_APART: Final = re.compile(r"\.corrupt\.(\d{8}T\d{6}Z)(?:\.\d+)?")


def marked(lock: int) -> bool:
    """Whether a journal was once opened beside the lock file that `lock` is a descriptor of."""
    return os.pread(lock, len(_MARK), 0) == _MARK


def was_opened(journal: Path) -> bool:
    """Whether a journal was opened at a path once, as the lock file beside it says."""
    try:
        lock = os.open(lock_path(journal), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return marked(lock)
    except OSError:  # it is a pipe
        return False
    finally:
        os.close(lock)


def mark(lock: int, there: bool) -> None:
    """Note that there is a journal beside the lock file, or that there is none any more."""
    if there != marked(lock):
        os.ftruncate(lock, 0)
        if there:
            os.pwrite(lock, _MARK, 0)


def written_by_edge(descriptor: int) -> bool:
    """Whether a file, however damaged, still shows that it was a journal."""
    head = os.pread(descriptor, 2**16, 0)
    return head[68:72] == APPLICATION_ID.to_bytes(4) or b"CREATE UNIQUE INDEX one_summary_a_session" in head


def headless(descriptor: int) -> bool:
    """Whether a file that was a journal does not begin as SQLite's files do; SQLite would throw its -wal file away."""
    return os.pread(descriptor, len(_MAGIC), 0) != _MAGIC


def was_journal(path: Path, known: bool) -> bool:
    """Whether a file was a journal; only while it is closed, since closing a descriptor drops SQLite's locks.

    Args:
        path: The file, which may be absent.
        known: Whether a journal was opened there before; otherwise its content decides.

    Raises:
        DamagedJournal: It was one, and does not begin as SQLite's files do.
        CannotWrite, BadConfiguration: As `open_private`.
    """
    if not os.path.lexists(path):
        return False
    descriptor = open_private(path)
    try:
        known = known or written_by_edge(descriptor)
        if known and headless(descriptor):
            raise DamagedJournal("its beginning is not SQLite's" if os.fstat(descriptor).st_size else "it is empty")
        return known
    finally:
        os.close(descriptor)


def examine(connection: sqlite3.Connection, descriptor: int) -> None:
    """Raise DamagedJournal or sqlite3.DatabaseError where a journal is not sound; nothing is changed.

    `quick_check` reads every page and every row; for a small file `integrity_check` compares the indexes too.
    """
    version = version_of(connection)
    if not version:
        return
    if os.pread(descriptor, 1, 18) not in (b"\1", b"\2"):  # the file format's write version: any other is read-only
        raise DamagedJournal("its header is not SQLite's")
    if int.from_bytes(os.pread(descriptor, 4, 56)) not in _UTF_8:  # PRAGMA encoding would look at two bits of it
        raise DamagedJournal("its text is not marked as UTF-8")
    if columns(connection) != columns_of_version(version):
        raise DamagedJournal("its tables are not a journal's")
    thorough = os.fstat(descriptor).st_size <= _THOROUGH_BYTES
    (found,) = connection.execute(f"PRAGMA {'integrity' if thorough else 'quick'}_check(1)").fetchone()
    if found != "ok":
        raise DamagedJournal(" ".join(str(found).split()))


def put_aside(path: Path) -> Path:
    """Rename a journal with its -wal and -shm to `NAME.corrupt.<UTC time>`; its new place. Raises OSError.

    The time is at least the file's own, so that a clock which is behind does not make the copy seem old.
    """
    at = max(datetime.now(UTC), datetime.fromtimestamp(path.stat().st_mtime, UTC))
    name = f"{path.name}.corrupt.{at:%Y%m%dT%H%M%SZ}"
    place, number = path.with_name(name), 1
    while place.exists():
        number += 1
        place = path.with_name(f"{name}.{number}")
    for side in SIDES:
        beside = path.with_name(path.name + side)
        if beside.exists():
            beside.rename(place.with_name(place.name + side))
    for old, _ in aside(path)[:-_KEPT]:
        remove_aside(old)
    return place


def aside(path: Path) -> list[tuple[Path, datetime]]:
    """The damaged journals that were put aside from `path`, each with when that was (UTC), oldest first."""
    found = [
        (place, datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
        for place in path.parent.glob(f"{escape(path.name)}.corrupt.*")
        if (match := _APART.fullmatch(place.name.removeprefix(path.name)))
    ]
    return sorted(found, key=lambda one: (one[1], one[0].name))


def remove_aside(place: Path) -> None:
    """Delete a damaged journal with its -wal and -shm."""
    for side in SIDES:
        remove_overwritten(place.with_name(place.name + side))
