"""The heartbeat of a run: its progress, for the service manager and for the health file."""

from collections.abc import Callable
from math import isnan
from typing import Final

from edge.core.rates import FrameRate
from edge.core.readings import Unreadable
from edge.host.clocks import Clock, SystemClock
from edge.host.notify import Notifier
from edge.run.events import FrameRead, Idle, SessionEnding, SessionEvent, SourceAway
from edge.run.health import HealthFile, State
from edge.run.pace import Pace

_STATUS_EVERY_S: Final = 1.0


class Heartbeat:
    """Reports progress to systemd and to the health file, as a consumer of a session's events.

    READY is sent with the first frame, or when consent is awaited; STATUS at most once a second, or at once where the
    state changes; WATCHDOG after a frame was read and while an absent source is awaited. It is not sent while a call
    into a camera's driver does not return: only another process helps then, and systemd starts one.

    Args:
        source: The source's name.
        notifier: The socket to the service manager; does nothing outside systemd.
        health: Where the state is written for `edge-doctor --service`, or None.
        pace: The rate of the run, whose reduction is reported.
        troubles: Returns further troubles in a few words, or an empty string.
        continues: Whether the program goes on after the session that ends now.
        sealed: Whether summaries are sealed: then a picture without a signal is not reported either.
        clock: Gives the time; by default the system's.
    """

    def __init__(
        self,
        source: str,
        notifier: Notifier,
        *,
        health: HealthFile | None = None,
        pace: Pace | None = None,
        troubles: Callable[[], str] = lambda: "",
        continues: Callable[[], bool] = lambda: False,
        sealed: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._source, self._notifier, self._health = source, notifier, health
        self._pace, self._troubles, self._continues, self._sealed = pace, troubles, continues, sealed
        self._clock = clock or SystemClock()
        self._rate = FrameRate()
        self._state = State.STARTING
        self._reason = ""  # within the state
        self._due_s = self._clock.tick_s()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        match event:
            case FrameRead():
                no_signal = event.observation.unreadable is Unreadable.NO_SIGNAL
                self._frame_read(no_signal=no_signal and not self._sealed)
            case SourceAway():
                self._source_away(event)
            case Idle():
                self._notifier.alive()
            case SessionEnding():
                self.stopping()

    def waiting_for_consent(self, trouble: str = "") -> None:
        """Report that everything is loaded and a consent is awaited.

        Args:
            trouble: Why no consent can be read; empty where there is none yet.
        """
        now_s = self._clock.tick_s()
        self._rate.clear()
        self._notifier.alive()
        self._notifier.ready()
        if self._is_due(State.CONSENT, trouble, now_s):
            self._report(f"Waiting for consent: {trouble.rstrip('.')}" if trouble else "Waiting for consent", now_s)

    def stopping(self) -> None:
        """Report that the program ends, unless it continues after this session."""
        if self._continues():
            return
        self._notifier.stopping()
        self._state = State.ENDING
        self._report("Ending", self._clock.tick_s())

    def _frame_read(self, *, no_signal: bool) -> None:
        now_s = self._clock.tick_s()
        self._rate.count(now_s)
        self._notifier.alive()
        self._notifier.ready()
        if not self._is_due(State.WATCHING, "no signal" if no_signal else "", now_s):
            return
        text = f"Watching {self._source}: {self._fps(now_s) or 0:.1f} frames a second"
        if no_signal:
            text = f"No signal: the picture of {self._source} is black, or its lens covered"
        if self._pace is not None and self._pace.slowed:
            text += f", slowed down to {self._pace.rate_fps:.3g}"
        self._report(text, now_s)

    def _source_away(self, away: SourceAway) -> None:
        now_s = self._clock.tick_s()
        self._rate.clear()
        if not away.hangs:
            self._notifier.alive()
        if self._is_due(State.WAITING, away.message, now_s):
            self._report(f"Waiting for {self._source}: {away.message} Next try in {away.retry_s:.0f} s", now_s)

    def _fps(self, now_s: float) -> float | None:
        rate_fps = self._rate.rate_fps(now_s)
        return None if isnan(rate_fps) else rate_fps

    def _is_due(self, state: State, reason: str, now_s: float) -> bool:
        changed = (state, reason) != (self._state, self._reason)
        self._state, self._reason = state, reason
        return changed or now_s >= self._due_s

    def _report(self, text: str, now_s: float) -> None:
        self._due_s = now_s + _STATUS_EVERY_S
        line = f"{text}. {self._troubles()}".strip()
        self._notifier.status(line)
        if self._health is not None:
            self._health.update(self._state, line, self._fps(now_s))
