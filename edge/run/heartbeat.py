"""The heartbeat of a session: what the service manager and the file of its health are told about its work."""

from collections import deque
from collections.abc import Callable
from typing import Final

from edge.core.readings import Observation, Unreadable
from edge.host.clocks import Clock, SystemClock
from edge.host.notify import Notifier
from edge.run.capture import Absence
from edge.run.health import HealthFile, State
from edge.run.pace import Pace

_STATUS_EVERY_S: Final = 1.0
_RATE_OVER_S: Final = 1.0


class Heartbeat:
    """Hears of every piece of work, and says so at most once a second, or at once where the state has changed.

    The watchdog is fed after a frame was read and while something absent is waited for; not while a call into a
    camera's driver does not return, for which the only remedy is another process.
    """

    def __init__(
        self,
        source: str,
        notifier: Notifier,
        *,
        health: HealthFile | None = None,
        pace: Pace | None = None,
        troubles: Callable[[], str] = lambda: "",
        goes_on: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
    ) -> None:
        """`source` is the name people call it; `troubles` says in a few words what else is wrong, or nothing.

        `goes_on` tells whether the program goes on after a session that ends now.
        """
        self._goes_on = goes_on
        self._source, self._notifier, self._health = source, notifier, health
        self._pace, self._troubles, self._clock = pace, troubles, clock or SystemClock()
        self._read_s: deque[float] = deque()
        self._state = State.STARTING
        self._why = ""  # what else makes the state a different one
        self._due_s = self._clock.tick_s()

    def saw(self, seen: Observation) -> None:
        """A frame was read, and what followed from it is kept."""
        now_s = self._clock.tick_s()
        self._read_s.append(now_s)
        while now_s - self._read_s[0] > _RATE_OVER_S:
            self._read_s.popleft()
        self._notifier.alive()
        self._notifier.ready()
        dark = seen.unreadable is Unreadable.NO_SIGNAL
        if self._news(State.WATCHING, "dark" if dark else "", now_s):
            words = f"Watching {self._source}: {self._fps(now_s):.1f} frames a second"
            if dark:
                words = f"No signal: the picture of {self._source} is black, or its lens covered"
            if self._pace is not None and self._pace.slowed:
                words += f", slowed down to {self._pace.rate_fps:.3g}"
            self._tell(words, now_s)

    def away(self, absence: Absence) -> None:
        """The source is away and waited for."""
        now_s = self._clock.tick_s()
        self._read_s.clear()
        if not absence.hangs:
            self._notifier.alive()
        if self._news(State.WAITING, absence.told, now_s):
            self._tell(f"Waiting for {self._source}: {absence.told} Next try in {absence.retry_s:.0f} s", now_s)

    def idle(self) -> None:
        """Nothing is due yet."""
        self._notifier.alive()

    def asking(self, trouble: str = "") -> None:
        """Everything is loaded, and somebody's consent is waited for; `trouble` is why none can be read."""
        now_s = self._clock.tick_s()
        self._read_s.clear()
        self._notifier.alive()
        self._notifier.ready()
        if self._news(State.CONSENT, trouble, now_s):
            self._tell(f"Waiting for consent: {trouble.rstrip('.')}" if trouble else "Waiting for consent", now_s)

    def stopping(self) -> None:
        """The session is on its way out, and the program with it unless it goes on."""
        if self._goes_on():
            return
        self._notifier.stopping()
        self._state = State.ENDING
        self._tell("Ending", self._clock.tick_s())

    def _fps(self, now_s: float) -> float:
        spent_s = now_s - self._read_s[0]
        return (len(self._read_s) - 1) / spent_s if spent_s > 0 else 0.0

    def _news(self, state: State, why: str, now_s: float) -> bool:
        """Whether it is time to say something."""
        changed = (state, why) != (self._state, self._why)
        self._state, self._why = state, why
        return changed or now_s >= self._due_s

    def _tell(self, words: str, now_s: float) -> None:
        self._due_s = now_s + _STATUS_EVERY_S
        line = f"{words}. {self._troubles()}".strip()
        self._notifier.status(line)
        if self._health is not None:
            fps = self._fps(now_s) if self._read_s else None
            self._health.update(self._state, line, fps)
