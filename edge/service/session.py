"""A session from its first frame to its summary: capture, observe, sum up, keep."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event
from typing import Protocol

from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.core.summaries import Summary
from edge.core.windows import Windows
from edge.service.capture import capture
from edge.sources.base import FrameSource

Show = Callable[[Frame, Observation], None]


class Keeper(Protocol):
    """Somewhere that summaries are kept."""

    def begin(self, started_at: datetime) -> None:
        """Note that a session has begun (UTC). Raises CannotWrite."""
        ...

    def write(self, summary: Summary) -> None:
        """Keep one summary for good before returning. Raises CannotWrite."""
        ...


def run_session(
    name: str,
    source: FrameSource,
    observe: Callable[[Frame], Observation],
    keeper: Keeper,
    *,
    stop: Event,
    window_s: float = 10.0,
    duration_s: float | None = None,
    max_fps: float | None = None,
    shows: Iterable[Show] = (),
) -> Summary | None:
    """Watch a source until it ends, `stop` is set or `duration_s` is over.

    The session begins with its first frame. Every window's summary goes to the keeper as soon as the window is over,
    the last window's and the session's at the end, whatever ended it. Each of `shows` sees each frame and what was
    observed in it. Returns the session's summary, or None where no frame ever came.
    """
    shows = tuple(shows)
    windows = Windows(name, window_s)
    whole: Summary | None = None
    begun = False

    def keep(summaries: Iterable[Summary]) -> None:
        failed: Exception | None = None
        for summary in summaries:  # one that cannot be kept does not take the others with it
            try:
                keeper.write(summary)
            except Exception as error:
                failed = failed or error
        if failed is not None:
            raise failed

    try:
        for frame in capture(source, stop, max_fps=max_fps, duration_s=duration_s):
            if frame is None:
                keep(windows.advance(time.monotonic()))
                continue
            if not begun:
                begun = True
                keeper.begin(frame.taken_at)
            seen = observe(frame)
            keep(windows.add(seen))
            for show in shows:
                show(frame, seen)
    finally:
        last = windows.finish(time.monotonic() if source.live else None)
        whole = last[-1] if last else None
        keep(last)
    return whole
