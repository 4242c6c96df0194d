"""Frames from a source at a bounded rate, and through the absences of a live one."""

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Event, Timer
from typing import Final

from edge.core.backoff import backoff
from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.sampling import Sampling
from edge.core.text import capitalised
from edge.host.clocks import Clock, SystemClock
from edge.run.events import Idle, SourceAway
from edge.run.pace import Pace
from edge.sources.base import FrameSource, Pluggable
from edge.sources.lease import Lease

log = logging.getLogger(__name__)

_EVENT_EVERY_S: Final = 0.5  # while there is no frame
_JITTER: Final = 0.2
_ROUNDING_S: Final = 1e-6  # of ticks that were added up
_STEADY_S: Final = 5.0  # a source that delivered for so long is next opened at once

Waits = Callable[[], Iterator[float]]


def capture(
    source: FrameSource,
    stop: Event,
    *,
    max_fps: float | None = None,
    duration_s: float | None = None,
    start_s: float | None = None,
    patient: bool = False,
    pace: Pace | None = None,
    clock: Clock | None = None,
    waits: Waits | None = None,
    lease: Lease | None = None,
) -> Generator[Frame | SourceAway | Idle]:
    """Read a source until it ends, `stop` is set or `duration_s` is over.

    A live source that goes away is opened again after waits of 1 to 30 s, and at once where a device is plugged in.

    Args:
        source: Where frames come from.
        stop: Ends the iteration; every wait is interrupted by it.
        max_fps: Most frames per second; None for all. A live source is waited for; of a recorded one, frames are
            passed over by their own time, without waiting.
        duration_s: Seconds to read: of wall time for a live source, of media time for a recorded one.
        start_s: The media time of a recorded source before which frames are passed over, in seconds.
        patient: Wait for a live source that does not open at the start.
        pace: Sets the rate instead of `max_fps`.
        clock: Gives time and waits; by default the system's.
        waits: Makes the series of waits between attempts, in seconds.
        lease: Passed to each opening; says afterwards whether the device was released.

    Yields:
        Each Frame; SourceAway twice a second while the source is away; Idle twice a second before a frame is due.

    Raises:
        SourceNotFound: There is no such source, or a recorded one turned out to be damaged.
        DeviceUnavailable: A live source did not open at the start, and the caller is not `patient`.
    """
    clock, waits = clock or SystemClock(), waits or partial(backoff, jitter=_JITTER)
    over = Timer(duration_s, stop.set) if source.live and duration_s else None
    if over:
        over.daemon = True
        over.start()
    pace = pace or Pace(max_fps)
    try:
        if source.live:
            with closing(_reconnecting(source, stop, lease or Lease(), patient, clock, waits)) as frames:
                yield from _paced(frames, pace, stop, clock)
        else:
            with closing(_once(source, stop, duration_s, start_s)) as recorded:
                yield from _sampled(recorded, pace.every_s, stop)
    finally:
        if over:
            over.cancel()


def _once(source: FrameSource, stop: Event, duration_s: float | None, start_s: float | None) -> Generator[Frame]:
    """A recorded source's frames; their duration is counted in media time."""
    with source.open(stop) as frames:
        first_s: float | None = None
        for frame in frames:
            if start_s is not None and frame.tick_s < start_s - _ROUNDING_S:
                continue
            first_s = frame.tick_s if first_s is None else first_s
            if duration_s is not None and frame.tick_s - first_s >= duration_s:
                return
            yield frame


def _reconnecting(
    source: FrameSource, stop: Event, lease: Lease, patient: bool, clock: Clock, waits: Waits
) -> Generator[Frame | SourceAway]:
    name = capitalised(source.name)
    attempts, seen_s, lost = waits(), clock.tick_s(), False  # seen_s: when the latest frame was delivered
    while not stop.is_set():
        first_s: float | None = None  # tick of the first frame since the source was opened
        try:
            with source.open(stop, lease) as frames:
                for frame in frames:
                    if first_s is None:
                        first_s, patient = frame.tick_s, True
                        if lost:
                            log.warning("%s delivers pictures after %.0f s without.", name, clock.tick_s() - seen_s)
                        lost = False
                    elif frame.tick_s - first_s >= _STEADY_S:
                        attempts = waits()
                    seen_s = clock.tick_s()
                    yield frame
            return
        except DeviceUnavailable as error:
            if not patient:
                raise
            lost = True
            wait_s = next(attempts)
            log.warning("%s Trying again in %.2g s.", error.happened, wait_s)
            if (yield from _away(source, lease, error, wait_s, stop, clock)):
                attempts = waits()


def _away(
    source: FrameSource, lease: Lease, error: DeviceUnavailable, wait_s: float, stop: Event, clock: Clock
) -> Generator[SourceAway, None, bool]:
    """Wait before the next attempt; True where the wait was cut short because a device was plugged in."""
    plugged = source.plugged if isinstance(source, Pluggable) else lambda: None
    device, until_s = plugged(), clock.tick_s() + wait_s
    while (left_s := until_s - clock.tick_s()) > 0:
        yield SourceAway(clock.tick_s(), clock.now(), error.gap, error.happened, left_s, not lease.released)
        if clock.wait(stop, min(left_s, _EVENT_EVERY_S)):
            break
        before, device = device, plugged()
        if device is not None and device != before:
            return True
    return False


def _sampled(frames: Iterator[Frame], every_s: float | None, stop: Event) -> Iterator[Frame]:
    """Pass over the frames of a recording that come sooner than `every_s` after the one before, in media time."""
    sampling, passed_over = Sampling(every_s), 0
    for frame in frames:
        if stop.is_set():
            return
        if not sampling.takes(frame.tick_s):
            passed_over += 1 + frame.dropped_before
            continue
        yield replace(frame, dropped_before=frame.dropped_before + passed_over) if passed_over else frame
        passed_over = 0


def _paced(
    frames: Iterator[Frame | SourceAway], pace: Pace, stop: Event, clock: Clock
) -> Iterator[Frame | SourceAway | Idle]:
    """Wait before each frame until it is due, counted from the first; a late one shifts those after it."""
    due_s = clock.tick_s()
    while not stop.is_set():
        while (left_s := due_s - clock.tick_s()) > 0:
            if clock.wait(stop, min(left_s, _EVENT_EVERY_S)):
                return
            if left_s > _EVENT_EVERY_S:
                yield Idle(clock.tick_s())
        captured = next(frames, None)
        if captured is None:
            return
        if not isinstance(captured, Frame):
            yield captured
            continue
        began_s = clock.tick_s()
        due_s = began_s if pace.every_s is None else max(due_s + pace.every_s, began_s)
        yield captured
        ended_s = clock.tick_s()
        pace.worked(ended_s - began_s, ended_s)
