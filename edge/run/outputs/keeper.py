"""Where a session's summaries are kept, as a consumer of its events."""

from datetime import datetime
from typing import Final, Protocol

from edge.core.summaries import Summary
from edge.host.clocks import Clock
from edge.run.events import SegmentClosed, SessionEnded, SessionEnding, SessionEvent, SessionStarted, WindowClosed

_CATCH_UP_EVERY_S: Final = 1.0


class Keeper(Protocol):
    """A place where summaries are kept."""

    def begin(self, started_at: datetime | None) -> None:
        """Note that the session has begun.

        Args:
            started_at: When the first frame was taken, UTC; None: unknown.

        Raises:
            CannotWrite: The disk refuses it for good.
        """
        ...

    def write(self, summary: Summary) -> None:
        """Keep one summary durably before returning, or queue it until that is possible.

        Raises:
            CannotWrite: The disk refuses it for good.
        """
        ...

    def catch_up(self) -> None:
        """Write what is queued, and delete what has expired; called about once a second."""
        ...


class KeepSummaries:
    """Passes a session's summaries to a keeper as they are complete.

    Args:
        keeper: Where they are kept.
        clock: The session's clock.
    """

    def __init__(self, keeper: Keeper, clock: Clock) -> None:
        self._keeper, self._clock = keeper, clock
        self._started, self._due_s = False, clock.tick_s()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        match event:
            case SessionStarted(at=at):
                self._started = True
                self._keeper.begin(at)
            case WindowClosed(summary=summary) | SegmentClosed(summary=summary) | SessionEnded(summary=summary):
                self._keeper.write(summary)
            case SessionEnding():
                pass
            case _ if self._started and self._clock.tick_s() >= self._due_s:
                self._due_s = self._clock.tick_s() + _CATCH_UP_EVERY_S
                self._keeper.catch_up()
