"""The absence of the participant, which ends a session that was consented to: the next person did not agree."""

import logging
from threading import Event

from edge.host.clocks import Clock
from edge.run.events import FrameRead, SessionEvent, SourceAway

log = logging.getLogger(__name__)


class Absence:
    """Ends a session once no face was seen for some time, as a consumer of its events.

    Time without frames and time during which the machine was suspended count as absence.

    Args:
        most_s: The longest absence that is borne, in seconds.
        over: Set once it was longer.
        clock: The session's clock.
    """

    def __init__(self, most_s: float, over: Event, clock: Clock) -> None:
        self._most_s, self._over, self._clock = most_s, over, clock
        self._seen_s = self._now_s()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        match event:
            case FrameRead() if event.observation.participant is not None and self._absent_s() < self._most_s:
                self._seen_s = self._now_s()
            case FrameRead() | SourceAway() if self._absent_s() >= self._most_s and not self._over.is_set():
                log.warning("The session ends: no face was seen for %.0f s.", self._absent_s())
                self._over.set()

    def _absent_s(self) -> float:
        return self._now_s() - self._seen_s

    def _now_s(self) -> float:
        return self._clock.tick_s() + self._clock.asleep_s()
