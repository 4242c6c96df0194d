"""One session's lines in files of JSON lines: erasing them, and looking for them."""

import json
import os
import stat
from collections.abc import Iterable
from glob import escape
from pathlib import Path
from typing import Final

from edge.core.errors import CannotWrite, EdgeError
from edge.host.files.atomic import part_of, replace
from edge.host.files.erasing import remove_overwritten
from edge.host.files.locks import lock_to_write
from edge.host.files.private_files import cannot_write, open_private, refuse_unsafe
from edge.journal.lines.jsonl import closed_files

_PARTS: Final = ".{}.*part.*"  # of closed files, whose names end in a date


def line_files(path: Path) -> list[Path]:
    """Return a file of JSON lines and those that were closed beside it; only regular files."""
    return [place for place in (path, *(place for place, _ in closed_files(path))) if _regular(place)]


def half_written(path: Path) -> list[Path]:
    """Return the new contents of a file of JSON lines, and of closed ones, that a killed process left (`part_of`)."""
    closed = path.parent.glob(_PARTS.format(escape(path.name)))
    return [place for place in (part_of(path), *sorted(closed)) if _regular(place)]


def has_lines(path: Path, session: str) -> bool:
    """Return whether a line of a session is in a file of JSON lines, or beside it in a closed or half-written one.

    Raises:
        CannotWrite: One of them cannot be read.
    """
    return _count(line_files(path) + half_written(path), session) > 0


def count_lines(path: Path, session: str) -> int:
    """Return how many lines `erase_all_lines` would erase; raises as `has_lines`."""
    return _count(line_files(path), session)


def erase_all_lines(path: Path, session: str) -> tuple[int, list[EdgeError]]:
    """Erase a session's lines from a file of JSON lines and from those that were closed beside it.

    Returns:
        How many lines were erased, and an error for each file that still holds some.
    """
    erased, failed = 0, list[EdgeError]()
    for place in line_files(path):
        try:
            erased += erase_lines(place, session)
        except EdgeError as error:
            failed.append(error)
    for part in half_written(path):  # of a file that is gone itself
        try:
            remove_overwritten(part)
        except OSError as error:
            failed.append(cannot_write(part, error))
    return erased, failed


def _count(places: Iterable[Path], session: str) -> int:
    found = 0
    for place in places:
        try:
            found += sum(_is_of(line, session) for line in place.read_bytes().splitlines())
        except OSError as error:
            raise cannot_write(place, error) from error
    return found


def erase_lines(path: Path, session: str) -> int:
    """Erase a session's lines from one file.

    The other lines replace the file, so that a power cut leaves either one whole; then the former file's bytes are
    overwritten for those who still have it open.

    Returns:
        How many lines were erased.

    Raises:
        CannotWrite: They can still be read, or another program writes the file.
    """
    refuse_unsafe(path)
    descriptor = open_private(path)
    try:
        lock_to_write(descriptor, path)
        remove_overwritten(part_of(path))  # of a process that was killed here
        with open(descriptor, "rb", closefd=False) as file:
            lines = file.read().splitlines(keepends=True)
        others = [line for line in lines if not _is_of(line, session)]
        if len(others) == len(lines):
            return 0
        replace(path, b"".join(others))
        os.pwrite(descriptor, bytes(sum(map(len, lines))), 0)
        os.fsync(descriptor)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        os.close(descriptor)
    if any(_is_of(line, session) for line in path.read_bytes().splitlines()):
        raise CannotWrite(f"What was erased from {path} can still be read there.", fix="Close what writes it.")
    return len(lines) - len(others)


def _regular(place: Path) -> bool:
    try:
        return stat.S_ISREG(place.lstat().st_mode)
    except OSError:
        return False


def _is_of(line: bytes, session: str) -> bool:
    """Whether a line is a session's; of one that is torn, whether it names the session."""
    if f'"{session}"'.encode() not in line:
        return False
    try:
        return bool(json.loads(line)["session"] == session)
    except (ValueError, KeyError, TypeError, RecursionError):
        return True
