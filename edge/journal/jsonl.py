"""JSON lines: one summary a line, in a file or on standard output, there before `write` returns."""

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from edge.core.summaries import Summary, as_json
from edge.journal.files import cannot_write, lock, open_private


class JsonLines:
    """Appends summaries as `as_json` gives them; `kind` tells a window's line from a session's."""

    def __init__(self, descriptor: int | None, path: Path) -> None:
        self._descriptor, self._path = descriptor, path
        self._regular = descriptor is not None and stat.S_ISREG(os.fstat(descriptor).st_mode)

    @classmethod
    @contextmanager
    def open(cls, name: str) -> Iterator[Self]:
        """Lend the file `name`, created 0600 if absent, or standard output for `-`; raises CannotWrite."""
        if name == "-":
            yield cls(None, Path("standard output"))
            return
        path = Path(name)
        descriptor = open_private(path, os.O_WRONLY | os.O_APPEND)
        try:
            lines = cls(descriptor, path)
            if lines._regular:
                lock(descriptor, path)
                lines._end_torn_line()
            yield lines
        finally:
            os.close(descriptor)

    def write(self, summary: Summary) -> None:
        """Append a line; raises CannotWrite, after which no part of it is in the file, and BrokenPipeError."""
        self._append(json.dumps(as_json(summary), allow_nan=False) + "\n")

    def _append(self, line: str) -> None:
        try:
            if self._descriptor is None:
                sys.stdout.write(line)
                sys.stdout.flush()
            elif self._regular:
                _append_whole(self._descriptor, line.encode())
            else:
                _write_all(self._descriptor, line.encode())
        except BrokenPipeError:
            raise
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _end_torn_line(self) -> None:
        """A line that a power cut tore stays alone, and the next one is whole."""
        with self._path.open("rb") as kept:
            if kept.seek(0, os.SEEK_END):
                kept.seek(-1, os.SEEK_END)
                if kept.read(1) != b"\n":
                    self._append("\n")


def _append_whole(descriptor: int, line: bytes) -> None:
    before = os.fstat(descriptor).st_size
    try:
        _write_all(descriptor, line)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def _write_all(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]
