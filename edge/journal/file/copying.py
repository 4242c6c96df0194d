"""Copies of a journal, consistent also while a program writes it, and the journals in a folder."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from edge.core.errors import CannotWrite, EdgeError, SourceNotFound
from edge.host.files.locks import is_locked
from edge.host.files.private_files import cannot_write, make_folder, refuse_planted, refuse_shared
from edge.journal.file.backup import backed_up
from edge.journal.file.damage import SIDES, was_opened, written_by_edge
from edge.journal.meta import ID, read_meta
from edge.journal.reading import JournalReader
from edge.journal.sqlite_errors import RESTORE, writing_errors


class _Original(JournalReader):
    """A journal that is copied."""

    def backed_up(self, to: Path) -> AbstractContextManager[sqlite3.Connection]:
        """As `edge.journal.file.backup.backed_up`."""
        return backed_up(self._connection, to)

    def made_from(self, other: "_Original") -> bool:
        """Return whether this and another journal were one once."""
        return read_meta(self._connection)[ID] == read_meta(other._connection)[ID]


def copy_journal(journal: Path, to: Path, *, again: bool = False) -> None:
    """Copy a journal, also while it is written, to one private file without another beside it.

    Args:
        journal: The journal; nothing in it is changed.
        to: The copy; it is there as a whole or not at all.
        again: Whether it may replace an earlier copy of the same journal.

    Raises:
        SourceNotFound: There is no such journal, or it is damaged.
        CannotWrite: The copy is there already, or cannot be written.
        BadConfiguration: Other users may write to its folder, or it is a symbolic link or another user's.
    """
    refuse_shared(to)
    for side in SIDES:
        refuse_planted(to.with_name(to.name + side))
    with _Original.open(journal) as original:
        if os.path.lexists(to):
            _refuse_other(original, journal, to, again=again)
        try:
            make_folder(to.parent)
            with writing_errors(to), original.backed_up(to) as copied:
                (found,) = copied.execute("PRAGMA quick_check(1)").fetchone()
                if found != "ok":
                    raise SourceNotFound(f"{journal} is damaged: {found}.", fix=RESTORE)
        except OSError as error:
            raise cannot_write(to, error) from error


def journals_in(places: Sequence[Path]) -> Iterator[Path]:
    """Yield files as they are named, and for a folder every journal `*.sqlite` in and below it, by name.

    Raises:
        SourceNotFound: A folder holds none.
    """
    for place in places:
        if not place.is_dir():
            yield place
            continue
        found = [path for path in sorted(place.rglob("*.sqlite")) if _is_journal(path)]
        if not found:
            raise SourceNotFound(f"There is no journal in {place}.", fix="Name the folder of the journals, or a file.")
        yield from found


def _is_journal(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return written_by_edge(descriptor) or was_opened(path)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _refuse_other(original: _Original, journal: Path, to: Path, *, again: bool) -> None:
    """Check that what is at the place of a copy is an earlier one, and that it may be replaced."""
    if not again:
        raise CannotWrite(f"{to} is there already.", fix="Name a new file, or replace an earlier copy with --again.")
    try:
        with _Original.open(to) as earlier:
            same = earlier.made_from(original)
    except (EdgeError, KeyError):
        same = False
    if not same or is_locked(to) or to.samefile(journal):
        raise CannotWrite(f"{to} is no copy of that journal.", fix="Name a new file.")
