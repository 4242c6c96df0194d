"""Windows: summaries of a stream of observations, weighted by time and not by frames."""

from dataclasses import replace
from datetime import datetime
from math import inf, isfinite

from edge.core.gaps import Gap
from edge.core.insights.insights import Insights
from edge.core.labels import Level
from edge.core.readings import Observation
from edge.core.summaries import Kind, Summary
from edge.core.windowing.baseline import Baseline, BaselineTime
from edge.core.windowing.dates import Dates
from edge.core.windowing.segments import Mark, OpenSegment
from edge.core.windowing.tally import Tally


class Windows:
    """The windows of one session: contiguous, each `window_s` long except the last.

    An observation holds from its tick until the next one or until the source is known to be away, and for at most
    `hold_s`; time beyond is `no_frames`, with its reason in `gaps`. Lengths follow from ticks only; ticks that do not
    rise take no time. Dates are counted from one tick; a clock that is set during a session moves the dates of the open
    window and of the session's start.

    Args:
        session: Name of the session.
        window_s: Length of a window in seconds, > 0.
        hold_s: Longest time in seconds for which an observation holds, > 0.
        emotions: Whether the summaries have emotions.
        baseline_s: The first readable seconds, whose medians later summaries are compared with; None: no baseline.
        insights: Whether the summaries have insights.

    Raises:
        ValueError: A length is not above 0 and finite.
    """

    def __init__(
        self,
        session: str,
        window_s: float,
        hold_s: float = 1.0,
        *,
        emotions: bool = True,
        baseline_s: float | None = None,
        insights: bool = False,
    ) -> None:
        if not (0 < window_s < inf and 0 < hold_s < inf):
            raise ValueError(f"window_s and hold_s must be above 0 and finite, not {window_s} and {hold_s}")
        self._session_name, self._window_s, self._hold_s = session, window_s, hold_s
        self._dates: Dates | None = None  # None: not begun
        self._started_at: datetime | None = None
        self._window_at: datetime | None = None
        self._started_tick_s = self._tick_s = 0.0  # _tick_s: everything before it is in the tallies
        self._sequence = 0
        self._emotions = emotions
        self._insights = Insights() if insights else None
        self._window, self._session = self._new_tally(), self._new_tally()
        self._segment: OpenSegment | None = None
        self._segments = 0  # that have begun
        self._window_in: str | None = None  # the segment in which the window begins
        self._baseline_time = None if baseline_s is None else BaselineTime(baseline_s)
        self._baseline: Baseline | None = None  # once its time was read
        self._rate_fps: float | None = None
        self._gap = Gap.UNEXPLAINED
        self._last: Observation | None = None
        self._held_from_s = 0.0
        self._interval_s = hold_s  # between the last two frames
        self._level: Level | None = None  # of the last readable stretch

    def start(self, tick_s: float, started_at: datetime | None) -> None:
        """Begin at a tick (s) and its date (UTC, or None) before the first frame; otherwise the first frame begins."""
        if self._dates is None:
            self._dates = Dates(tick_s, started_at)
            self._started_at = self._window_at = started_at
            self._started_tick_s = self._tick_s = tick_s

    def add(self, observation: Observation) -> list[Summary]:
        """Add an observation and return the windows that it closes, oldest first."""
        self.start(observation.tick_s, observation.taken_at)
        self._set_clock(observation.tick_s, observation.taken_at)
        closed = self.advance(observation.tick_s)
        self._gap = Gap.UNEXPLAINED
        if self._last is not None and observation.tick_s > self._last.tick_s:
            self._interval_s = observation.tick_s - self._last.tick_s
        self._last, self._held_from_s = observation, self._tick_s
        for tally in self._tallies():
            tally.count(observation)
        return closed

    def mark(self, mark: Mark) -> list[Summary]:
        """Begin a segment, and end the one before it; return what this closes, windows first.

        Args:
            mark: The marker; one before the last tick counts as at it. The session has begun.
        """
        closed = [*self.advance(mark.tick_s), *self._end_segment()]
        if mark.name is not None and self._dates is not None:
            at = self._dates.at(self._tick_s)
            self._segment = OpenSegment(mark.name, self._segments, self._new_tally(), self._tick_s, at)
            self._segment.tally.bound(self._rate_fps)
            self._segments += 1
            if self._last is not None and self._last.tick_s == self._tick_s:
                self._segment.tally.count(self._last)
        if self._window.time_s <= 0:
            self._window_in = mark.name
        return closed

    def absent(self, tick_s: float, at: datetime, gap: Gap) -> list[Summary]:
        """Advance to a tick at which the source is away.

        The last observation ends here. All time since it stopped holding, and until the next one, has this reason.

        Args:
            tick_s: The tick in seconds.
            at: Its date (UTC).
            gap: Why there are no frames.

        Returns:
            The windows that this closes, oldest first.
        """
        self._set_clock(tick_s, at)
        self._gap = gap
        closed = self.advance(tick_s)
        self._last = None
        return closed

    def slept(self, time_s: float) -> None:
        """Add the seconds of a suspension: a gap that is no part of the length, as ticks stood still."""
        if self._dates is None:
            return
        self._dates.slept(time_s)
        for tally in self._tallies():
            tally.miss(Gap.SUSPENDED, time_s)

    def bound(self, rate_fps: float | None) -> None:
        """Set the limit on frames read a second from now on; None: no limit."""
        self._rate_fps = rate_fps
        for tally in self._tallies():
            tally.bound(rate_fps)

    def advance(self, tick_s: float) -> list[Summary]:
        """Advance to a tick (s) without a frame and return the windows that this closes, oldest first."""
        closed: list[Summary] = []
        if self._dates is None or not isfinite(tick_s):
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
                self._window_at = self._dates.at(boundary_s)
        return closed

    def finish(self, at_tick_s: float | None = None) -> list[Summary]:
        """End the session.

        Args:
            at_tick_s: Until when the last observation holds, in seconds; None, or no later than its tick: for as long
                as the one before it held.

        Returns:
            The windows that were not closed, the last of them partial, the open segment, and then the session,
            computed over all observations and not averaged over windows. Nothing if there was no frame.
        """
        if self._dates is None:
            return []
        if at_tick_s is None or at_tick_s <= self._tick_s:
            unheld = self._last is not None and self._held_from_s == self._tick_s
            at_tick_s = self._tick_s + (min(self._interval_s, self._hold_s) if unheld else 0.0)
        closed = self.advance(at_tick_s)
        if self._window.time_s > 0:
            closed.append(self._close())
        closed += self._end_segment()
        length_s = self._tick_s - self._started_tick_s
        session = self._session.summary(
            Kind.SESSION,
            self._session_name,
            self._sequence,
            self._started_at,
            length_s,
            (self._started_tick_s, self._tick_s),
            self._baseline,
        )
        return [*closed, session]

    def _tallies(self) -> tuple[Tally, ...]:
        """What is added up at present."""
        return (self._window, self._session, *(() if self._segment is None else (self._segment.tally,)))

    def _end_segment(self) -> list[Summary]:
        ended, self._segment = self._segment, None
        if ended is None or ended.tally.time_s <= 0:
            return []
        ticks_s = ended.started_tick_s, self._tick_s
        length_s = self._tick_s - ended.started_tick_s
        summary = ended.tally.summary(
            Kind.SEGMENT, self._session_name, ended.sequence, ended.started_at, length_s, ticks_s, self._baseline
        )
        return [replace(summary, segment=ended.name)]

    def _new_tally(self) -> Tally:
        return Tally(emotions=self._emotions, insights=self._insights is not None)

    def _set_clock(self, tick_s: float, at: datetime | None) -> None:
        if self._dates is not None and (moved := self._dates.step(tick_s, at)):
            self._started_at = None if self._started_at is None else self._started_at + moved
            self._window_at = None if self._window_at is None else self._window_at + moved
            if self._segment is not None and self._segment.started_at is not None:
                self._segment.started_at += moved

    def _hold(self, observation: Observation | None, time_s: float) -> None:
        reading = observation.reading if observation is not None else None
        changed = reading is not None and self._level is not None and reading.level != self._level
        if reading is not None:
            self._level = reading.level
            if self._baseline is None and self._baseline_time is not None:
                self._baseline = self._baseline_time.add(reading, time_s)
        seen = None if self._insights is None else self._insights.hold(observation, time_s)
        for tally in self._tallies():
            tally.hold(observation, time_s, level_changed=changed)
            if seen is not None:
                tally.observe(seen)
            if observation is None:
                tally.miss(self._gap, time_s)

    def _close(self, length_s: float | None = None) -> Summary:
        """Return the summary of the window, `length_s` long or as long as it lasted, and begin the next."""
        begun_s = self._started_tick_s + self._sequence * self._window_s
        summary = self._window.summary(
            Kind.WINDOW,
            self._session_name,
            self._sequence,
            self._window_at,
            self._tick_s - begun_s if length_s is None else length_s,
            (begun_s, self._tick_s),
            self._baseline,
        )
        summary = replace(summary, segment=self._window_in)
        self._window_in = None if self._segment is None else self._segment.name
        self._window = self._new_tally()
        self._window.bound(self._rate_fps)
        self._sequence += 1
        return summary
