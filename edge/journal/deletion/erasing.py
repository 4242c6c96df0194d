"""Erasing a session wherever it was kept: journal, journals put aside as damaged, JSON lines; and looking for it."""

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from edge.core.errors import CannotWrite, EdgeError, SourceNotFound
from edge.host.atomic import replace
from edge.host.locks import lock_to_write
from edge.host.private_files import cannot_write, open_private, refuse_unsafe
from edge.journal.damage import aside, remove_aside
from edge.journal.deletion.purging import Purging
from edge.journal.jsonl import CLOSED


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased of a session, and is gone from the files."""

    summaries: int
    lines: int
    files: tuple[Path, ...]  # damaged journals, which were deleted as a whole


def erase_session(session: str, journal: Path, jsonl: Path | None) -> Erased:
    """Erase everything that is kept of a session; raises CannotWrite where some of it can still be read afterwards.

    Damaged journals that were put aside go as a whole: nobody can tell what is in them. A session of which nothing is
    kept is no error, and what cannot be erased in one place keeps nothing from being erased in the others.
    """
    failed: list[EdgeError] = []
    summaries = lines = 0
    damaged = []
    try:
        with suppress(SourceNotFound), Purging.open(journal) as purging:
            summaries = purging.purge(None, session).summaries
    except EdgeError as error:
        failed.append(error)
    for place, _ in aside(journal):
        try:
            remove_aside(place)
            damaged.append(place)
        except OSError as error:
            failed.append(cannot_write(place, error))
    for place in [] if jsonl is None else line_files(jsonl):
        try:
            lines += _erase_lines(place, session)
        except EdgeError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return Erased(summaries, lines, tuple(damaged))


def line_files(path: Path) -> list[Path]:
    """A file of JSON lines, and those that were closed at the end of a day; only regular files."""
    beside = sorted(path.parent.glob(f"{escape(path.name)}.*"))
    closed = [place for place in beside if CLOSED.fullmatch(place.name.removeprefix(path.name))]
    return [place for place in (path, *closed) if _regular(place)]


def has_lines(path: Path, session: str) -> bool:
    """Whether there is a line of a session in files of JSON lines. Raises CannotWrite where one cannot be read."""
    try:
        return any(_is_of(line, session) for place in line_files(path) for line in place.read_bytes().splitlines())
    except OSError as error:
        raise cannot_write(path, error) from error


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


def _erase_lines(path: Path, session: str) -> int:
    """Leave a session's lines out of a file; how many they were.

    What stays is written beside it and renamed, so that a power cut leaves either file whole; then the former file's
    bytes are overwritten, for those who still have it open.
    """
    refuse_unsafe(path)
    descriptor = open_private(path)
    try:
        lock_to_write(descriptor, path)
        with open(descriptor, "rb", closefd=False) as file:
            lines = file.read().splitlines(keepends=True)
        stays = [line for line in lines if not _is_of(line, session)]
        if len(stays) == len(lines):
            return 0
        replace(path, b"".join(stays))
        os.pwrite(descriptor, bytes(sum(map(len, lines))), 0)
        os.fsync(descriptor)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        os.close(descriptor)
    if any(_is_of(line, session) for line in path.read_bytes().splitlines()):
        raise CannotWrite(f"What was erased from {path} can still be read there.", fix="Close what writes it.")
    return len(lines) - len(stays)
