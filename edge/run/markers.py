"""Markers of a session: those of a list that is known before, and those that arrive while it runs."""

import csv
import json
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from edge.config.values import as_seconds
from edge.core.errors import SourceNotFound, UsageError
from edge.core.windowing.segments import Mark

log = logging.getLogger(__name__)

Markers = Callable[[float], Sequence[Mark]]
"""Called with the tick of each frame; returns the markers that are due, each once."""

_MOST_LETTERS: Final = 100
_MOST_BYTES: Final = 4096  # PIPE_BUF: so much is written whole


def no_markers(tick_s: float) -> Sequence[Mark]:
    """Return none."""
    return ()


class ListedMarkers:
    """The markers of a list, each due at its own time.

    Args:
        path: A CSV file with the columns start, end and name; times are 90, 10m or 1:30 of the recording, and an empty
            end is the start of the next segment.

    Raises:
        SourceNotFound: It cannot be read.
        UsageError: It has other columns or values, or segments that overlap.
    """

    def __init__(self, path: Path) -> None:
        self._marks = _listed(path)

    def __call__(self, tick_s: float) -> Sequence[Mark]:
        """Return the markers until a tick."""
        due = [mark for mark in self._marks if mark.tick_s <= tick_s]
        self._marks = self._marks[len(due) :]
        return due


def _listed(path: Path) -> list[Mark]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceNotFound(f"{path} is no list that can be read: {error}.", fix="Save it as CSV in UTF-8.") from error
    marks: list[Mark] = []
    for line, row in enumerate(rows, start=2):
        try:
            if not {"start", "name"} <= row.keys() <= {"start", "end", "name"}:
                raise ValueError("the columns are start, end and name")
            start_s, name = float(as_seconds(row["start"] or "")), _name(row["name"] or "")
            end_s = float(as_seconds(row["end"])) if row.get("end") else None
            if marks and start_s < marks[-1].tick_s:
                raise ValueError("it begins before the segment above it ends")
            if start_s < 0 or (end_s is not None and end_s <= start_s):
                raise ValueError("the end is not after the start")
        except (TypeError, ValueError) as error:
            raise UsageError(f"{path}, line {line}: {error}.", fix="Correct that line.") from None
        if marks and marks[-1].name is None and marks[-1].tick_s == start_s:
            marks.pop()
        marks.append(Mark(start_s, name))
        if end_s is not None:
            marks.append(Mark(end_s, None))
    return marks


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= _MOST_LETTERS or not name.isprintable():
        raise ValueError(f"a segment's name has 1 to {_MOST_LETTERS} letters")
    return name


def marks_path(journal: Path) -> Path:
    """Return the pipe beside a journal through which markers arrive, as `journal.sqlite.marks`."""
    return journal.with_name(journal.name + ".marks")


class _ReceivedMarkers:
    """The markers that `send_mark` wrote into a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""

    def __call__(self, tick_s: float) -> Sequence[Mark]:
        """Return the markers that have arrived; a tick after this frame's, of another boot, counts as this frame's."""
        try:
            received = os.read(self._descriptor, _MOST_BYTES)
        except BlockingIOError:
            return ()
        if not received:
            return ()
        *lines, self._rest = (self._rest + received).split(b"\n")
        marks = []
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):  # written by another program
                said = json.loads(line)
                marks.append(Mark(min(float(said["tick_s"]), tick_s), _name(said["name"])))
        return marks


@contextmanager
def received_markers(journal: Path) -> Iterator[Markers]:
    """Open the pipe beside a journal, for this user alone, as long as a session runs.

    Where it cannot be made a warning is logged, and the session runs without.
    """
    path = marks_path(journal)
    try:
        with suppress(FileNotFoundError):
            path.unlink()
        os.mkfifo(path, 0o600)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        log.warning("Markers cannot be received: %s cannot be made (%s).", path, error.strerror)
        yield no_markers
        return
    try:
        yield _ReceivedMarkers(descriptor)
    finally:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()


def send_mark(journal: Path, name: str, tick_s: Callable[[], float] = time.monotonic) -> None:
    """Mark the present moment in the session that a program of this user records in a journal.

    Args:
        journal: The journal.
        name: Of the segment that begins now.
        tick_s: Monotonic seconds, on the clock of live sources.

    Raises:
        SourceNotFound: No session of a camera is recorded there.
        UsageError: The name is empty, too long or has letters that cannot be printed.
    """
    try:
        line = json.dumps({"tick_s": tick_s(), "name": _name(name)}).encode() + b"\n"
    except ValueError as error:
        raise UsageError(f"{name[:_MOST_LETTERS]!a} is no name: {error}.", fix="Choose another one.") from None
    none = SourceNotFound(f"No session of a camera is recorded in {journal}.", fix="Name its journal with --journal.")
    try:
        descriptor = os.open(marks_path(journal), os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise none from None
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise none
        os.write(descriptor, line)
    except OSError as error:
        raise none from error
    finally:
        os.close(descriptor)
