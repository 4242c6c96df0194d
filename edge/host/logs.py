"""Logging to standard error: with priorities for systemd's journal, and a repeated message once a minute."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Final, TextIO

_EVERY_S: Final = 60.0
_KEPT: Final = 200  # different messages that are remembered

# The kernel's priorities, which systemd's journal reads from the beginning of a line; see sd-daemon(3).
_PRIORITIES: Final = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class JournalFormatter(logging.Formatter):
    """Every line of a record with its priority before it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as lines for systemd's journal."""
        priority = _PRIORITIES.get(record.levelno, 5)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


class SeldomTheSame:
    """Lets a message pass once, and then once a minute with the number of those held back.

    Messages that differ in numbers alone are the same.

    Args:
        clock: Monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, tuple[float, int]] = {}  # since when, and how many

    def __call__(self, record: logging.LogRecord) -> logging.LogRecord | None:
        """The record to write, which is a copy where a count is added, or None."""
        if record.levelno >= logging.CRITICAL:
            return record
        kind, now_s = re.sub(r"\d+(\.\d+)?", "#", record.getMessage()), self._clock()
        since_s, count = self._held.get(kind, (-_EVERY_S, 0))
        if now_s - since_s < _EVERY_S:
            self._held[kind] = since_s, count + 1
            return None
        self._held.pop(kind, None)
        self._held[kind] = now_s, 0
        if len(self._held) > _KEPT:
            del self._held[next(iter(self._held))]
        if not count:
            return record
        counted = copy(record)  # other handlers write the record too
        counted.msg, counted.args = f"{record.getMessage()} ({count} more like it in between)", ()
        return counted


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes records to `out`, or to what is standard error at that moment; of those that are alike, few."""

    def __init__(self, out: TextIO | None = None) -> None:
        super().__init__(out)
        self.setFormatter(JournalFormatter() if _is_journal(self.stream) else logging.Formatter())
        self._follows = out is None
        self._seldom = SeldomTheSame()

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a record, unless one like it was written in the last minute."""
        written = self._seldom(record)
        return written is not None and bool(super().handle(written))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if self._follows:
            self.stream = sys.stderr
        super().emit(record)


@contextmanager
def logging_to_stderr(level: str, out: TextIO | None = None) -> Iterator[None]:
    """Log the whole program to standard error, and restore the logging found before at the end.

    Messages name devices, causes and figures, and never a session or what was read in a face.

    Args:
        level: The lowest level that is written: debug, info, warning, error or critical.
        out: Where to write instead.
    """
    root = logging.getLogger()
    found, found_level = root.handlers[:], root.level
    handler = StderrHandler(out)
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.setLevel(found_level)
        root.handlers[:] = found
        handler.close()


def _is_journal(stream: TextIO) -> bool:
    """Whether a stream leads to systemd's journal, as $JOURNAL_STREAM says; see systemd.exec(5)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
