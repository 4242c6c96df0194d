"""Checks of where the journal is written, and of what happened to it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.checks.finding import Finding
from edge.core.errors import SourceNotFound
from edge.journal.reading import JournalReader

ROOM_BYTES: Final = 100 * 2**20


def check_storage(journal: Path) -> Iterator[Finding]:
    """Check that a journal can be written, its history, and the free space on its disk."""
    yield _folder(journal)
    yield from journal_history(journal)
    yield _room(journal)


def journal_history(journal: Path) -> Iterator[Finding]:
    """Report each damage that a journal has noted; nothing where there is no journal."""
    try:
        with JournalReader.open(journal) as reader:
            notices = [f"{notice.noticed_at:%Y-%m-%d %H:%M} UTC: {notice.text}" for notice in reader.notices()]
    except SourceNotFound as error:
        notices = [error.happened] if os.path.isfile(journal) else []  # Path's raises where it may not look
    for text in notices:
        yield Finding("journal history", False, text, "See whether the disk fails.", essential=False)


def _folder(journal: Path) -> Finding:
    folder = _existing(journal.parent)
    writable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    if not writable or (os.path.exists(journal) and not journal.is_file()):
        fix = "Give a file in a folder of yours with --journal."
        return Finding("journal", False, f"{journal} cannot be written", fix)
    return Finding("journal", True, f"{journal} can be written")


def _room(journal: Path) -> Finding:
    free_bytes = shutil.disk_usage(_existing(journal.parent)).free
    enough = free_bytes >= ROOM_BYTES
    return Finding("disk", enough, f"{free_bytes / 2**20:,.0f} MiB free", "" if enough else "Make room: 100 MiB.")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if os.path.exists(place))
