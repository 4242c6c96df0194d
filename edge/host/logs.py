"""What a command logs: to standard error, as systemd's journal or as a person reads it, and not the same all day."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable
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


class SeldomTheSame(logging.Filter):
    """Lets a message pass once, and then once a minute with the number of those held back.

    Messages that differ in numbers alone are the same.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._held: dict[str, tuple[float, int]] = {}  # since when, and how many

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let it pass."""
        if record.levelno >= logging.CRITICAL:
            return True
        kind, now_s = re.sub(r"\d+(\.\d+)?", "#", record.getMessage()), self._clock()
        since_s, count = self._held.get(kind, (-_EVERY_S, 0))
        if now_s - since_s < _EVERY_S:
            self._held[kind] = since_s, count + 1
            return False
        self._held.pop(kind, None)
        self._held[kind] = now_s, 0
        if len(self._held) > _KEPT:
            del self._held[next(iter(self._held))]
        if count:
            record.msg, record.args = f"{record.getMessage()} ({count} more like it in between)", ()
        return True


def log_to_stderr(level: str, out: TextIO | None = None) -> None:
    """Log from `level` on, for the whole program; nothing else is ever configured.

    Messages name devices, causes and figures, and never a session or what was read in a face.
    """
    stream = out or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JournalFormatter() if _is_journal(stream) else logging.Formatter())
    handler.addFilter(SeldomTheSame())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


def _is_journal(stream: TextIO) -> bool:
    """Whether a stream leads to systemd's journal, as $JOURNAL_STREAM says; see systemd.exec(5)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
