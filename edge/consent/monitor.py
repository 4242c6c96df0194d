"""The consent of a running session: looked at all the time, and before everything that is written."""

import logging
from datetime import datetime
from threading import Event, Thread
from typing import Final, Self

from edge.consent.store import ConsentStore
from edge.consent.types import ConsentState
from edge.core.errors import EdgeError
from edge.core.summaries import Summary
from edge.run.outputs.keeping import Keeping

log = logging.getLogger(__name__)

POLL_S: Final = 0.25


class ConsentMonitor:
    """Checks four times a second, in a thread of its own, whether a session's consent still holds.

    Args:
        store: The consents; one that cannot be read does not hold.
        session: The session's name.
        stop: Ends the monitor.

    Attributes:
        over: Set once the consent does not hold any more, with `stop`, and also where this thread fails.
    """

    def __init__(self, store: ConsentStore, session: str, stop: Event) -> None:
        self.over = Event()
        self._store, self._session, self._stop = store, session, stop
        self._thread = Thread(target=self._poll, name="consent", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._thread.join()

    def state(self) -> ConsentState | None:
        """Return the present state of the consent; None where it cannot be read."""
        try:
            if (consent := self._store.find(self._session)) is not None:
                return consent.state
            log.error("The session ends: its consent is not in %s any more.", self._store.path)
        except EdgeError as error:
            log.error("The session ends: %s", error.happened)
        return None

    def _poll(self) -> None:
        try:
            while self.state() is ConsentState.GRANTED and not self.over.is_set():
                if self._stop.wait(POLL_S):
                    return
        finally:
            self.over.set()


class ConsentedKeeper:
    """A Keeper that writes nothing of a session after its consent was withdrawn.

    The consent is read before each summary: a window that ended just before a withdrawal is not committed after it.

    Args:
        keeping: Where the summaries are kept.
        monitor: The session's consent.
    """

    def __init__(self, keeping: Keeping, monitor: ConsentMonitor) -> None:
        self._keeping, self._monitor = keeping, monitor

    def begin(self, started_at: datetime | None) -> None:
        """As Keeping."""
        if self.may_write():
            self._keeping.begin(started_at)

    def write(self, summary: Summary) -> None:
        """As Keeping."""
        if self.may_write():
            self._keeping.write(summary)

    def catch_up(self) -> None:
        """As Keeping."""
        if not self._monitor.over.is_set():
            self._keeping.catch_up()

    def may_write(self) -> bool:
        """Return whether the session may still be written; where not, the summaries that wait are dropped."""
        if self._monitor.state() in (None, ConsentState.WITHDRAWN):
            self._keeping.forget()
            return False
        return True
