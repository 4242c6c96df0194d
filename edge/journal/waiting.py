"""Summaries that could not be written yet: a bounded queue, tried again until there is room."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from edge.core.backoff import backoff
from edge.core.errors import CannotWrite
from edge.core.summaries import Kind, Summary

log = logging.getLogger(__name__)

MOST_WAITING: Final = 1000  # at 10 s each nearly three hours; as much as the reserve has room for
AT_ONCE: Final = 100  # summaries in one commit
_FIRST_S: Final = 0.5
_MOST_S: Final = 4.0  # so that room is noticed within 5 s


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """How the keeping of summaries goes; all zero and None where it goes well."""

    queued: int = 0  # summaries that wait to be written
    dropped: int = 0  # summaries of this session that were lost, because too many waited
    last_error: str | None = None  # why they wait; None once everything is written

    def __str__(self) -> str:
        """A short text for a status line, empty where all is well."""
        parts = [f"{self.queued} summaries wait"] if self.queued else []
        parts += [f"{self.dropped} lost"] if self.dropped else []
        parts += [self.last_error] if self.last_error else []
        return ", ".join(parts)


class Waiting:
    """Keeps the order: a summary is written at once if nothing waits before it, otherwise after what does."""

    def __init__(
        self,
        write: Callable[[tuple[Summary, ...]], None],
        *,
        most: int = MOST_WAITING,
        tick_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`write` keeps all the summaries it is given, or none of them and raises CannotWrite."""
        self._write, self._most, self._tick_s = write, most, tick_s
        self._queue: deque[Summary] = deque()
        self._lost = self._lost_untold = 0
        self._error: CannotWrite | None = None
        self._waits, self._due_s = backoff(_FIRST_S, _MOST_S), 0.0

    @property
    def health(self) -> JournalHealth:
        """How it goes."""
        return JournalHealth(len(self._queue), self._lost, self._error.happened if self._error else None)

    def add(self, summary: Summary) -> None:
        """Write a summary, or let it wait; where too many wait already, the oldest is lost and counted."""
        self._queue.append(summary)
        self.catch_up()
        if len(self._queue) > self._most:
            self._queue.popleft()
            self._lost += 1
            self._lost_untold += 1
            if self._lost == 1:
                log.error("Too many summaries wait: the oldest are lost.")

    def catch_up(self, *, now: bool = False) -> CannotWrite | None:
        """Write what waits, if it is time to try again, or `now`; why it still waits."""
        if self._queue and (now or self._error is None or self._tick_s() >= self._due_s):
            waited = self._error is not None
            try:
                while self._queue:
                    self._write_some()
            except CannotWrite as error:
                if not waited:
                    log.warning("%s Summaries wait until they can be written.", error.happened)
                self._error = error
                self._due_s = self._tick_s() + next(self._waits)
                return error
            if waited:
                log.warning("Summaries are written again; %d were lost.", self._lost)
            self._error, self._waits = None, backoff(_FIRST_S, _MOST_S)
        return self._error

    def _write_some(self) -> None:
        some = list(islice(self._queue, AT_ONCE))
        some[0] = replace(some[0], summaries_lost=some[0].summaries_lost + self._lost_untold)
        if some[-1].kind is Kind.SESSION:
            some[-1] = replace(some[-1], summaries_lost=self._lost)
        self._write(tuple(some))
        self._lost_untold = 0
        for _ in some:
            self._queue.popleft()
