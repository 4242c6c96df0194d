"""Frames from a source for as long as they are wanted: at a bounded rate, and through a live source's absences."""

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event, Timer
from typing import Final

from edge.core.backoff import backoff
from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.host.clocks import Clock, SystemClock
from edge.run.pace import Pace
from edge.sources.base import FrameSource, Pluggable
from edge.sources.lease import Lease

log = logging.getLogger(__name__)

_SIGN_OF_LIFE_S: Final = 0.5  # at most so long between two things yielded while there is nothing to do
_JITTER: Final = 0.2
_STEADY_S: Final = 5.0  # a source that delivered for so long has come back, and is next tried at once

Waits = Callable[[], Iterator[float]]


@dataclass(frozen=True, slots=True)
class Absence:
    """A moment at which a live source is away and will be tried again."""

    tick_s: float
    at: datetime  # UTC
    gap: Gap
    told: str  # what happened, for a person
    retry_s: float  # until the next try
    hangs: bool  # a call into its driver has not returned: waiting will hardly help, ending the process will


def capture(
    source: FrameSource,
    stop: Event,
    *,
    max_fps: float | None = None,
    duration_s: float | None = None,
    patient: bool = False,
    pace: Pace | None = None,
    clock: Clock | None = None,
    waits: Waits | None = None,
    lease: Lease | None = None,
) -> Generator[Frame | Absence | None]:
    """Yield frames until the source ends, `stop` is set or `duration_s` is over; `max_fps` is kept by waiting.

    A live source that goes away is opened again after waits of 1 to 30 s, and at once where something new is plugged
    in; meanwhile an Absence is yielded twice a second. A source that does not open at all raises what it raises,
    unless this is `patient`. None is yielded while a slow rate is being waited for. `pace`, where given, sets the rate
    instead of `max_fps`. `lease` is passed to each opening: afterwards it says whether the device was released.
    """
    clock, waits = clock or SystemClock(), waits or partial(backoff, jitter=_JITTER)
    over = Timer(duration_s, stop.set) if source.live and duration_s else None
    if over:
        over.daemon = True
        over.start()
    if source.live:
        frames = _reconnecting(source, stop, lease or Lease(), patient, clock, waits)
    else:
        frames = _once(source, stop, duration_s)
    try:
        with closing(frames):
            yield from _paced(frames, pace or Pace(max_fps), stop, clock)
    finally:
        if over:
            over.cancel()


def _once(source: FrameSource, stop: Event, duration_s: float | None) -> Generator[Frame | Absence]:
    """A recorded source's frames; their duration is counted in media time."""
    with source.open(stop) as frames:
        first_s: float | None = None
        for frame in frames:
            first_s = frame.tick_s if first_s is None else first_s
            if duration_s is not None and frame.tick_s - first_s >= duration_s:
                return
            yield frame


def _reconnecting(
    source: FrameSource, stop: Event, lease: Lease, patient: bool, clock: Clock, waits: Waits
) -> Generator[Frame | Absence]:
    name = source.name[:1].upper() + source.name[1:]
    tries, lost_s = waits(), None
    while not stop.is_set():
        came_s: float | None = None  # when this opening's first frame came
        try:
            with source.open(stop, lease) as frames:
                for frame in frames:
                    if came_s is None:
                        came_s, patient = frame.tick_s, True
                        if lost_s is not None:
                            log.warning("%s delivers pictures after %.0f s without.", name, clock.tick_s() - lost_s)
                        lost_s = None
                    elif frame.tick_s - came_s >= _STEADY_S:
                        tries = waits()
                    yield frame
            return
        except DeviceUnavailable as error:
            if not patient:
                raise
            lost_s = clock.tick_s() if lost_s is None else lost_s
            wait_s = next(tries)
            log.warning("%s Trying again in %.2g s.", error.happened, wait_s)
            if (yield from _away(source, lease, error, wait_s, stop, clock)):
                tries = waits()


def _away(
    source: FrameSource, lease: Lease, error: DeviceUnavailable, wait_s: float, stop: Event, clock: Clock
) -> Generator[Absence, None, bool]:
    """Wait before the next try; True where that is cut short because something was plugged in."""
    plugged = source.plugged if isinstance(source, Pluggable) else lambda: None
    there, until_s = plugged(), clock.tick_s() + wait_s
    while (left_s := until_s - clock.tick_s()) > 0:
        yield Absence(clock.tick_s(), clock.now(), error.gap, error.happened, left_s, not lease.released)
        if clock.wait(stop, min(left_s, _SIGN_OF_LIFE_S)):
            break
        was, there = there, plugged()
        if there is not None and there != was:
            return True
    return False


def _paced(
    frames: Iterator[Frame | Absence], pace: Pace, stop: Event, clock: Clock
) -> Iterator[Frame | Absence | None]:
    """Wait before each frame until it is due, counted from the first; a late one shifts those after it."""
    due_s = clock.tick_s()
    while not stop.is_set():
        while (left_s := due_s - clock.tick_s()) > 0:
            if clock.wait(stop, min(left_s, _SIGN_OF_LIFE_S)):
                return
            if left_s > _SIGN_OF_LIFE_S:
                yield None
        coming = next(frames, None)
        if coming is None:
            return
        if not isinstance(coming, Frame):
            yield coming
            continue
        began_s = clock.tick_s()
        due_s = began_s if pace.every_s is None else max(due_s + pace.every_s, began_s)
        yield coming
        ended_s = clock.tick_s()
        pace.worked(ended_s - began_s, ended_s)
