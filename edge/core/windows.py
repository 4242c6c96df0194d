"""Windows: a stream of observations turned into summaries, by time and not by frames."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import inf, isfinite

from edge.core.labels import Level
from edge.core.readings import Observation
from edge.core.summaries import Kind, Summary
from edge.core.tally import Tally


class Windows:
    """One session's windows, in order and contiguous, each exactly `window_s` long apart from the last.

    An observation holds from its tick until the next one's, and for `hold_s` at most: what lies beyond is time in
    which nobody looked (`no_frames`). Dates follow from the first date and the ticks, so a clock that is set during a
    session leaves its windows in order. Ticks that do not rise take no time.
    """

    def __init__(self, session: str, window_s: float, hold_s: float = 1.0) -> None:
        if not (0 < window_s < inf and 0 < hold_s < inf):
            raise ValueError(f"window_s and hold_s must be above 0 and finite, not {window_s} and {hold_s}")
        self._session_name, self._window_s, self._hold_s = session, window_s, hold_s
        self._started_at: datetime | None = None
        self._started_tick_s = self._tick_s = 0.0  # _tick_s: everything before it is in the tallies
        self._sequence = 0
        self._window, self._session = Tally(), Tally()
        self._last: Observation | None = None
        self._held_from_s = 0.0
        self._interval_s = hold_s  # between the last two frames
        self._level: Level | None = None  # of the last readable stretch

    def start(self, tick_s: float, started_at: datetime) -> None:
        """Begin before the first frame, so that waiting for it is measured; without this the first frame begins."""
        if self._started_at is None:
            self._started_at = started_at
            self._started_tick_s = self._tick_s = tick_s

    def add(self, observation: Observation) -> list[Summary]:
        """Take an observation; the windows that it closes, oldest first."""
        self.start(observation.tick_s, observation.taken_at)
        closed = self.advance(observation.tick_s)
        if self._last is not None and observation.tick_s > self._last.tick_s:
            self._interval_s = observation.tick_s - self._last.tick_s
        self._last, self._held_from_s = observation, self._tick_s
        self._window.count(observation)
        self._session.count(observation)
        return closed

    def advance(self, tick_s: float) -> list[Summary]:
        """Let time pass without a frame, as while a camera is away; the windows that this closes, oldest first."""
        closed: list[Summary] = []
        if self._started_at is None or not isfinite(tick_s):
            return closed
        while self._tick_s < tick_s:
            boundary_s = self._started_tick_s + (self._sequence + 1) * self._window_s
            held_until_s = self._held_from_s + self._hold_s
            observation = self._last if self._tick_s < held_until_s else None
            until_s = min(tick_s, boundary_s, held_until_s if observation is not None else inf)
            self._hold(observation, until_s - self._tick_s)
            self._tick_s = max(self._tick_s, until_s)
            if until_s == boundary_s:
                closed.append(self._close(self._window_s))
        return closed

    def finish(self, at_tick_s: float | None = None) -> list[Summary]:
        """The windows not yet closed, the last of them partial, and then the session; nothing if it never began.

        The last observation holds until `at_tick_s`, or, where that is None or no later than it, for as long as the
        frame before it held. The session is computed over everything, not averaged over its windows.
        """
        if self._started_at is None:
            return []
        if at_tick_s is None or at_tick_s <= self._tick_s:
            unheld = self._last is not None and self._held_from_s == self._tick_s
            at_tick_s = self._tick_s + (min(self._interval_s, self._hold_s) if unheld else 0.0)
        closed = self.advance(at_tick_s)
        if self._window.time_s > 0:
            begun_s = self._started_tick_s + self._sequence * self._window_s
            closed.append(self._close(self._tick_s - begun_s))
        length_s = self._tick_s - self._started_tick_s
        session = self._session.summary(Kind.SESSION, self._session_name, self._sequence, self._started_at, length_s)
        return [*closed, session]

    def _hold(self, observation: Observation | None, time_s: float) -> None:
        reading = observation.reading if observation is not None else None
        changed = reading is not None and self._level is not None and reading.level != self._level
        if reading is not None:
            self._level = reading.level
        self._window.hold(observation, time_s, level_changed=changed)
        self._session.hold(observation, time_s, level_changed=changed)

    def _close(self, length_s: float) -> Summary:
        assert self._started_at is not None
        started_at = self._started_at + timedelta(seconds=self._sequence * self._window_s)
        summary = self._window.summary(Kind.WINDOW, self._session_name, self._sequence, started_at, length_s)
        self._window = Tally()
        self._sequence += 1
        return summary


def merge(windows: Iterable[Summary]) -> Summary:
    """The session's summary from its windows, weighted by time; ValueError where there are none.

    It equals what `Windows.finish` would have said, up to rounding and to windows that were lost.
    """
    tally, first, count, length_s = Tally(), None, 0, 0.0
    for window in windows:
        first = first or window
        tally.absorb(window)
        count += 1
        length_s += window.length_s
    if first is None:
        raise ValueError("there is no window to merge")
    return tally.summary(Kind.SESSION, first.session, count, first.started_at, length_s)
