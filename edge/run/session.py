"""A session from its first frame to its summary: capture, observe, sum up, keep."""

from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Event
from typing import Final, Protocol

from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.core.summaries import Summary
from edge.core.windowing.windows import Windows
from edge.host.clocks import Clock, SystemClock
from edge.run.capture import Absence, Waits, capture
from edge.run.heartbeat import Heartbeat
from edge.run.pace import Pace
from edge.sources.base import FrameSource
from edge.sources.lease import Lease

Show = Callable[[Frame, Observation], None]

_CATCH_UP_S: Final = 1.0
_ASLEEP_S: Final = 0.5  # the two clocks are not read at once


class Keeper(Protocol):
    """Somewhere that summaries are kept."""

    def begin(self, started_at: datetime) -> None:
        """Note that a session has begun (UTC). Raises CannotWrite."""
        ...

    def write(self, summary: Summary) -> None:
        """Keep one summary for good before returning, or as soon as that is possible. Raises CannotWrite."""
        ...

    def catch_up(self) -> None:
        """Do what waits; called about once a second."""
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
    emotions: bool = True,
    pace: Pace | None = None,
    shows: Iterable[Show] = (),
    heartbeat: Heartbeat | None = None,
    patient: bool = False,
    clock: Clock | None = None,
    waits: Waits | None = None,
    lease: Lease | None = None,
) -> Summary | None:
    """Watch a source until it ends, `stop` is set or `duration_s` is over.

    The session begins with its first frame. Every window's summary goes to the keeper as soon as the window is over,
    the last window's and the session's at the end, whatever ended it; without `emotions` they have none. Each of
    `shows` sees each frame and what was observed in it; `heartbeat` sees every event. With `patient` a source
    that is not there at the start is waited for. `lease` says afterwards
    whether its device was released. Returns the session's summary, or None where no frame ever came.
    """
    clock, pace, shows = clock or SystemClock(), pace or Pace(), tuple(shows)
    windows, whole = Windows(name, window_s, emotions=emotions), None
    begun, catch_up_s, asleep_s, rate_fps = False, clock.tick_s(), clock.asleep_s(), pace.rate_fps
    windows.bound(rate_fps)

    def keep(summaries: Iterable[Summary]) -> None:
        failed: Exception | None = None
        for summary in summaries:  # one that cannot be kept does not take the others with it
            try:
                keeper.write(summary)
            except Exception as error:
                failed = failed or error
        if failed is not None:
            raise failed

    events = capture(
        source, stop, duration_s=duration_s, patient=patient, pace=pace, clock=clock, waits=waits, lease=lease
    )
    try:
        for coming in events:
            if clock.asleep_s() - asleep_s >= _ASLEEP_S:
                windows.slept(clock.asleep_s() - asleep_s)
                asleep_s = clock.asleep_s()
            if pace.rate_fps != rate_fps:
                windows.bound(rate_fps := pace.rate_fps)
            if isinstance(coming, Frame):
                if not begun:
                    begun = True
                    keeper.begin(coming.taken_at)
                seen = observe(coming)
                keep(windows.add(seen))
                for show in shows:
                    show(coming, seen)
                if heartbeat is not None:
                    heartbeat.saw(seen)
            elif isinstance(coming, Absence):
                keep(windows.absent(coming.tick_s, coming.at, coming.gap))
                if heartbeat is not None:
                    heartbeat.away(coming)
            elif heartbeat is not None:
                heartbeat.idle()
            if begun and clock.tick_s() >= catch_up_s:
                catch_up_s = clock.tick_s() + _CATCH_UP_S
                keeper.catch_up()
    finally:
        events.close()  # where an error ended it, too: the device is released before anything is kept
        if heartbeat is not None:
            heartbeat.stopping()
        last = windows.finish(clock.tick_s() if source.live else None)
        whole = last[-1] if last else None
        keep(last)
    return whole
