"""When a run deletes what has expired from its journal, and by which clock."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from edge.config import Config
from edge.core.choices.retention_clock import RetentionClock
from edge.core.errors import EdgeError
from edge.host.clocks import Clock
from edge.journal.deletion import delete_by_uptime, delete_expired
from edge.journal.store import Journal

log = logging.getLogger(__name__)

_EVERY_S: Final = (10.0, 86_400.0)  # least and most; between them a 24th of the retention time


class Retention:
    """Deletes what has expired, several times within the retention time.

    By dates while the clock is synchronised. While it is not, nothing is deleted, or what is old by the machine's
    running time where `retention_clock` says so.

    Args:
        config: The settings.
        clock: Gives the time.
        synchronised: Whether the clock is synchronised; None where that is not known.
        lines: The session's file of JSON lines, or None.
    """

    def __init__(
        self, config: Config, clock: Clock, synchronised: Callable[[], bool | None], lines: Path | None
    ) -> None:
        self._kept_for = None if config.retention_days is None else timedelta(days=config.retention_days)
        self._by_uptime = config.retention_clock is RetentionClock.UPTIME
        self._clock, self._synchronised, self._lines = clock, synchronised, lines
        self._due_s = clock.tick_s()

    @property
    def is_set(self) -> bool:
        """Whether summaries expire at all."""
        return self._kept_for is not None

    @property
    def may_delete(self) -> bool:
        """Whether something may be deleted now."""
        return self.is_set and (bool(self._synchronised()) or self._by_uptime)

    @property
    def is_due(self) -> bool:
        """Whether it is time to look for what has expired."""
        return self._clock.tick_s() >= self._due_s

    def delete(self, journal: Journal | None) -> None:
        """Delete what has expired from the open journal; what cannot be deleted is logged."""
        if self._kept_for is None:
            return
        least_s, most_s = _EVERY_S
        self._due_s = self._clock.tick_s() + min(max(self._kept_for.total_seconds() / 24, least_s), most_s)
        if journal is None or not self.may_delete:
            return
        now = self._clock.now()
        try:
            if self._synchronised():
                delete_expired(journal, now - self._kept_for, now, self._lines)
            else:
                delete_by_uptime(journal, self._kept_for, self._clock.tick_s())
        except EdgeError as error:
            log.warning("Not everything that expired was deleted: %s", error)
