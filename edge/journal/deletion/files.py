"""Whole files that are deleted: closed JSON lines, half-written ones, and damaged journals that were put aside."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError
from edge.host.files.erasing import remove_overwritten
from edge.host.files.private_files import cannot_write
from edge.journal.deletion.lines import half_written
from edge.journal.file.damage import aside, remove_aside
from edge.journal.lines.jsonl import closed_files

_WRITTEN_S: Final = 3600.0  # by then a process that rewrites JSON lines has ended, or was killed


def delete_closed_lines(path: Path, before: date, *, dry_run: bool) -> tuple[Path, ...]:
    """Delete files of JSON lines whose lines are all older than a date, and what a killed process left half written.

    Args:
        path: The file that is written; those that `JsonLines.turn_over` closed lie beside it.
        before: UTC; a file that was closed on this day is deleted.
        dry_run: Only report what would be deleted.

    Returns:
        The files that were deleted.

    Raises:
        CannotWrite: One of them could not be deleted.
    """
    old = tuple(place for place, closed in closed_files(path) if closed <= before) + tuple(_left_half_written(path))
    for place in () if dry_run else old:
        try:
            remove_overwritten(place)
        except OSError as error:
            raise cannot_write(place, error) from error
    return old


def delete_damaged(journal: Path, before: datetime | None = None, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Delete damaged journals that were put aside before a date (UTC), or all of them.

    Returns:
        The files that were deleted.

    Raises:
        CannotWrite: One of them could not be deleted; the others are.
    """
    old = tuple(place for place, at in aside(journal) if before is None or at < before)
    failed: list[EdgeError] = []
    for place in () if dry_run else old:
        try:
            remove_aside(place)
        except OSError as error:
            failed.append(cannot_write(place, error))
    if failed:
        raise failed[0]
    return old


def _left_half_written(path: Path) -> Iterator[Path]:
    """Yield half-written copies of JSON lines that no process is writing any more; the lines stand elsewhere too."""
    for part in half_written(path):
        with suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > _WRITTEN_S:
                yield part
