"""A session as a stream of events: frames are captured, observed and added up in windows."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import Final

from edge.core.errors import RecordingTruncated
from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.core.summaries import Kind, Summary
from edge.core.windowing.windows import Windows
from edge.host.clocks import Clock, SystemClock
from edge.run.ahead import Captured
from edge.run.capture import Waits, capture
from edge.run.events import (
    Consumer,
    FrameRead,
    SegmentClosed,
    SessionEnded,
    SessionEnding,
    SessionEvent,
    SessionStarted,
    SourceAway,
    WindowClosed,
)
from edge.run.markers import Markers, no_markers
from edge.run.pace import Pace
from edge.sources.base import FrameSource
from edge.sources.lease import Lease

Ahead = Callable[[Iterator[Captured], Event], Iterator[Captured]]

_SUSPEND_S: Final = 0.5  # the two clocks compared are not read at the same instant


class Session:
    """Iterating yields the events of a source until it ends or is stopped; `end` yields those that close the session.

    Args:
        name: The session's name, which its summaries carry.
        source: Where frames come from.
        observe: Turns a frame into an observation.
        stop: Ends the iteration; every wait is interrupted by it.
        window_s: Seconds that one window covers.
        duration_s, start_s: Seconds to read and to pass over, as in `capture`.
        emotions: Whether summaries have emotions.
        baseline_s: Readable seconds of the baseline, as in `Windows`; None: no baseline.
        insights: Whether summaries have insights.
        pace: Bounds the rate; the summaries state the bound.
        patient: Wait for a live source that does not open at the start.
        clock: Gives time and waits; by default the system's.
        waits: Makes the series of waits between attempts to open the source, in seconds.
        lease: The hold on the source's device; says afterwards whether it was released.
        markers: Returns the markers that are due at a frame's tick.
        ahead: Passes frames on, and may begin the next one's observation before; None: one after the other.
    """

    def __init__(
        self,
        name: str,
        source: FrameSource,
        observe: Callable[[Frame], Observation],
        *,
        stop: Event,
        window_s: float = 10.0,
        duration_s: float | None = None,
        start_s: float | None = None,
        emotions: bool = True,
        baseline_s: float | None = None,
        insights: bool = False,
        pace: Pace | None = None,
        patient: bool = False,
        clock: Clock | None = None,
        waits: Waits | None = None,
        lease: Lease | None = None,
        markers: Markers = no_markers,
        ahead: Ahead | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self._source, self._observe = source, observe
        self._stop, self._duration_s, self._start_s, self._patient = stop, duration_s, start_s, patient
        self._waits, self._lease, self._markers, self._ahead = waits, lease, markers, ahead
        self._pace = pace or Pace()
        self._windows = Windows(name, window_s, emotions=emotions, baseline_s=baseline_s, insights=insights)
        self._rate_fps, self._asleep_s = self._pace.rate_fps, self.clock.asleep_s()
        self._windows.bound(self._rate_fps)
        self._started = self._truncated = False
        self._closed: deque[Summary] = deque()  # windows that are complete and were not yielded yet

    def __iter__(self) -> Generator[SessionEvent]:
        """Yield events as they happen.

        Raises:
            SourceNotFound, DeviceUnavailable: As `capture`; what was read until then is in the events of `end`.
            RecordingTruncated: The recording ended too early; the session's summary says so.
        """
        captured = capture(
            self._source,
            self._stop,
            duration_s=self._duration_s,
            start_s=self._start_s,
            patient=self._patient,
            pace=self._pace,
            clock=self.clock,
            waits=self._waits,
            lease=self._lease,
        )
        with closing(captured):
            try:
                for one in captured if self._ahead is None else self._ahead(captured, self._stop):
                    self._follow_machine()
                    if isinstance(one, Frame):
                        yield from self._read(one)
                        continue
                    if isinstance(one, SourceAway):
                        self._closed += self._windows.absent(one.tick_s, one.at, one.gap)
                        yield from self._closed_windows()
                    yield one
            except RecordingTruncated:
                self._truncated = True
                raise

    def end(self) -> Iterator[SessionEvent]:
        """Yield the closing events, whatever ended the iteration: the last windows, and the session's summary."""
        yield SessionEnding()
        self._closed += self._windows.finish(self.clock.tick_s() if self._source.live else None)
        yield from self._closed_windows()

    def _read(self, frame: Frame) -> Iterator[SessionEvent]:
        if not self._started:
            self._started = True
            yield SessionStarted(frame.taken_at)
            self._windows.start(frame.tick_s, frame.taken_at)
        for mark in self._markers(frame.tick_s):
            self._closed += self._windows.mark(mark)
        observation = self._observe(frame)
        self._closed += self._windows.add(observation)
        yield from self._closed_windows()
        yield FrameRead(frame, observation)

    def _closed_windows(self) -> Iterator[SessionEvent]:
        while self._closed:
            summary = self._closed.popleft()
            if summary.kind is Kind.SESSION:
                yield SessionEnded(replace(summary, truncated=self._truncated))
            elif summary.kind is Kind.SEGMENT:
                yield SegmentClosed(summary)
            else:
                yield WindowClosed(summary)

    def _follow_machine(self) -> None:
        """Note that the machine was suspended, or that the rate is bounded otherwise than before."""
        suspended_s = self.clock.asleep_s() - self._asleep_s if self._source.live else 0.0
        if suspended_s >= _SUSPEND_S:
            self._windows.slept(suspended_s)
            self._asleep_s += suspended_s
        if self._pace.rate_fps != self._rate_fps:
            self._rate_fps = self._pace.rate_fps
            self._windows.bound(self._rate_fps)


def run_session(session: Session, consumers: Iterable[Consumer]) -> Summary | None:
    """Pass every event of a session to every consumer, and close the session whatever ended it.

    Args:
        session: The session; it is iterated once.
        consumers: Called in this order with each event. One that fails ends the session; the closing events reach all.

    Returns:
        The session's summary; None where no frame ever arrived.

    Raises:
        Exception: What the source or a consumer raised, after the closing events.
    """
    consumers = tuple(consumers)
    try:
        for event in session:
            for consume in consumers:
                consume(event)
    finally:
        summary = _close(session, consumers)
    return summary


def _close(session: Session, consumers: tuple[Consumer, ...]) -> Summary | None:
    summary: Summary | None = None
    failed: Exception | None = None
    for event in session.end():
        if isinstance(event, SessionEnded):
            summary = event.summary
        for consume in consumers:
            try:
                consume(event)
            except Exception as error:  # a consumer that fails takes no event from the others
                failed = failed or error
    if failed is not None:
        raise failed
    return summary
