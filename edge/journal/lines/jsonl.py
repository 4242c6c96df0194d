"""JSON lines: one summary a line, in a file or on standard output, there before `write` returns."""

import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from glob import escape
from io import UnsupportedOperation
from pathlib import Path
from threading import Event
from typing import Final, Self

from edge.core.summaries import Summary, as_json
from edge.host.files.locks import lock_to_write
from edge.host.files.private_files import DiskRefuses, cannot_write, open_private, refuse_unsafe
from edge.host.streams import output_refused, write_to_reader
from edge.journal.sealing.seal import Seal, seal_summary

_CLOSED: Final = re.compile(r"\.(\d{4}-\d\d-\d\d)(?:\.\d+)?")


class JsonLines:
    """Appends summaries to a file of JSON lines or to standard output, sealed if there is a seal; see `as_json`."""

    def __init__(self, descriptor: int | None, path: Path, seal: Seal | None, stop: Event | None = None) -> None:
        self._descriptor, self._path, self._seal = descriptor, path, seal
        self._stop, self._unread = stop, False
        status = None if descriptor is None else os.fstat(descriptor)
        self._regular = status is not None and stat.S_ISREG(status.st_mode)
        self._day: date | None = None  # on which the file's latest line was written
        if status is not None and self._regular and status.st_size:
            self._day = datetime.fromtimestamp(status.st_mtime, UTC).date()

    @classmethod
    @contextmanager
    def open(cls, name: str, seal: Seal | None = None, stop: Event | None = None) -> Iterator[Self]:
        """Open JSON lines.

        Args:
            name: The file, created 0600 if absent, or `-` for standard output.
            seal: Seals each summary, or None.
            stop: Once it is set, a pipe whose reader does not read is given up after 2 s; before, it is waited for.

        Raises:
            CannotWrite: The file cannot be written, or another process writes it.
            BadConfiguration: It is a symbolic link, or another user's.
        """
        if name == "-":
            yield cls(None, Path("Standard output"), seal, stop)
            return
        lines = cls(_opened(Path(name)), Path(name), seal, stop)
        try:
            if lines._regular:
                lines._end_torn_line()
            yield lines
        finally:
            if lines._descriptor is not None:
                os.close(lines._descriptor)

    def write(self, *summaries: Summary) -> None:
        """Append a line for each summary, on the disk before this returns.

        Raises:
            CannotWrite: None of them was written.
            BrokenPipeError: The reader of the pipe has gone.
        """
        seal = self._seal
        kept = [summary if seal is None else seal_summary(summary, seal) for summary in summaries]
        self._append("".join(json.dumps(as_json(one)) + "\n" for one in kept))

    def turn_over(self, today: date) -> None:
        """Rename the file to `NAME.<today>` where its last line is from another day, and begin a new one.

        So everything in a closed file was kept before the date in its name. Without effect for standard output, pipes
        and devices. Call it only while the clock is synchronised.

        Args:
            today: The date, UTC.

        Raises:
            CannotWrite: The file cannot be renamed or a new one begun.
        """
        if not self._regular or self._descriptor is None:
            return
        if self._day not in (None, today):
            try:
                with suppress(FileNotFoundError):  # renamed already, when there was no room for another file
                    self._path.rename(_unused(self._path.with_name(f"{self._path.name}.{today}")))
            except OSError as error:
                raise cannot_write(self._path, error) from error
            fresh = _opened(self._path)
            os.close(self._descriptor)
            self._descriptor = fresh
        self._day = today

    def _append(self, lines: str) -> None:
        try:
            if self._regular and self._descriptor is not None:
                _append_all(self._descriptor, lines.encode())
            else:
                self._pass_on(lines)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise (output_refused(error) if self._descriptor is None else cannot_write(self._path, error)) from error

    def _pass_on(self, lines: str) -> None:
        """Write to a pipe or a device, or to standard output whatever it is."""
        descriptor = self._descriptor
        if descriptor is None:
            sys.stdout.flush()
            try:
                descriptor = sys.stdout.fileno()
            except UnsupportedOperation:  # it was replaced, as in a test
                sys.stdout.write(lines)
                return
        if self._unread or not write_to_reader(descriptor, lines.encode(), self._stop):
            self._unread = True  # part of a line may be in the pipe: nothing can follow it
            raise DiskRefuses(f"{self._path} is a pipe that is not read.", fix="Read it, or choose another place.")

    def _end_torn_line(self) -> None:
        """End a line that a power cut tore, so that the next one is complete."""
        try:
            with self._path.open("rb") as kept:
                kept.seek(max(kept.seek(0, os.SEEK_END) - 1, 0))
                torn = kept.read() not in (b"", b"\n")
        except OSError as error:  # not every file of /proc can be sought in
            raise cannot_write(self._path, error) from error
        if torn:
            self._append("\n")


def closed_files(path: Path) -> list[tuple[Path, date]]:
    """Return the files that `turn_over` closed beside `path`, by name, each with the day (UTC) on which it did."""
    found = []
    for place in sorted(path.parent.glob(f"{escape(path.name)}.*")):
        if closed := _CLOSED.fullmatch(place.name.removeprefix(path.name)):
            with suppress(ValueError):  # 2026-02-31 is no date
                found.append((place, date.fromisoformat(closed[1])))
    return found


def _opened(path: Path) -> int:
    refuse_unsafe(path)
    descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            lock_to_write(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _unused(path: Path) -> Path:
    place, number = path, 1
    while os.path.lexists(place):
        number += 1
        place = path.with_name(f"{path.name}.{number}")
    return place


def _append_all(descriptor: int, lines: bytes) -> None:
    before = os.fstat(descriptor).st_size
    try:
        while lines:
            lines = lines[os.write(descriptor, lines) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
