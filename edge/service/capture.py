"""Frames from a source for as long as they are wanted: at a bounded rate, and through a live source's absences."""

import logging
import time
from collections.abc import Iterator
from threading import Event, Timer

from edge.core.backoff import backoff
from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.sources.base import FrameSource

log = logging.getLogger(__name__)

_SIGN_OF_LIFE_S = 1.0


def capture(
    source: FrameSource, stop: Event, *, max_fps: float | None = None, duration_s: float | None = None
) -> Iterator[Frame | None]:
    """Yield frames until the source ends, `stop` is set or `duration_s` is over; `max_fps` is kept by waiting.

    A live source that goes away after its first frame is opened again, after waits of 1 to 30 s; meanwhile None is
    yielded every second, so that time is seen to pass. A source that does not open at all raises what it raises.
    """
    over = Timer(duration_s, stop.set) if source.live and duration_s else None
    if over:
        over.daemon = True
        over.start()
    try:
        frames = _reconnecting(source, stop) if source.live else _once(source, stop, duration_s)
        yield from frames if max_fps is None else _paced(frames, 1 / max_fps, stop)
    finally:
        if over:
            over.cancel()


def _once(source: FrameSource, stop: Event, duration_s: float | None) -> Iterator[Frame | None]:
    """A recorded source's frames; their duration is counted in media time."""
    with source.open(stop) as frames:
        first_s: float | None = None
        for frame in frames:
            first_s = frame.tick_s if first_s is None else first_s
            if duration_s is not None and frame.tick_s - first_s >= duration_s:
                return
            yield frame


def _reconnecting(source: FrameSource, stop: Event) -> Iterator[Frame | None]:
    seen = False
    waits = backoff()
    while not stop.is_set():
        try:
            with source.open(stop) as frames:
                for frame in frames:
                    seen, waits = True, backoff()
                    yield frame
            return
        except DeviceUnavailable as error:
            if not seen:
                raise
            wait_s = next(waits)
            log.warning("%s Trying again in %g s.", error.happened, wait_s)
            until = time.monotonic() + wait_s
            while not stop.is_set() and (left_s := until - time.monotonic()) > 0:
                yield None
                stop.wait(min(left_s, _SIGN_OF_LIFE_S))


def _paced(frames: Iterator[Frame | None], every_s: float, stop: Event) -> Iterator[Frame | None]:
    """Wait before each frame until it is due, counted from the first; a late one shifts those after it."""
    due_s = time.monotonic()
    while not stop.wait(max(due_s - time.monotonic(), 0)):
        frame = next(frames, _END)
        if isinstance(frame, _End):
            return
        due_s = max(due_s + every_s, time.monotonic())
        yield frame


class _End:
    """What comes after the last frame."""


_END = _End()
