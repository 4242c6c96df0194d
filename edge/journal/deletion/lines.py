"""One session's lines in files of JSON lines: erasing them, and looking for them."""

import json
import os
import stat
from contextlib import suppress
from pathlib import Path

from edge.core.errors import CannotWrite
from edge.host.atomic import part_of, replace
from edge.host.locks import lock_to_write
from edge.host.private_files import cannot_write, open_private, refuse_unsafe
from edge.journal.jsonl import closed_files


def line_files(path: Path) -> list[Path]:
    """Return a file of JSON lines and those that were closed beside it; only regular files."""
    return [place for place in (path, *(place for place, _ in closed_files(path))) if _regular(place)]


def has_lines(path: Path, session: str) -> bool:
    """Return whether a line of a session is in a file of JSON lines or in those that were closed beside it.

    Raises:
        CannotWrite: One of them cannot be read.
    """
    try:
        return any(_is_of(line, session) for place in line_files(path) for line in place.read_bytes().splitlines())
    except OSError as error:
        raise cannot_write(path, error) from error


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
        with suppress(FileNotFoundError):
            part_of(path).unlink()  # of a process that was killed here
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
    except (ValueError, KeyError, TypeError):
        return True
