"""The live line: the present reading, several times a second on a terminal, once a second elsewhere."""

import sys
from contextlib import suppress
from math import inf, isnan
from typing import Final, Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from edge.core.frames import Frame
from edge.core.rates import FrameRate
from edge.core.readings import Observation, Reading
from edge.display.labels import gauge, label
from edge.display.progress import QUIET_S, recording_line
from edge.host.clocks import Clock, SystemClock
from edge.run.events import FrameRead, SessionEnding, SessionEvent, SourceAway

_LEGEND: Final = "The level and its probability; how many of 100 training faces have a lower score"


class LiveLine:
    """Shows the events of a session on a stream: a terminal's line is replaced, elsewhere each is a line of its own.

    Of a recording whose length is known, each line begins with how far it was read; what ends within 2 s has none. A
    stream that cannot be written, as on a full disk, gets no more lines and the session goes on.

    Args:
        out: Where the line is written.
        clock: Gives the time; by default the system's.
        most_s: Seconds of a recording that are read at most; None for all.
    """

    def __init__(self, out: TextIO = sys.stdout, clock: Clock | None = None, most_s: float | None = None) -> None:
        self._console = Console(file=out, highlight=False)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True, auto_refresh=False)
        self._every_s = 0.125 if self._console.is_terminal else 1.0
        self._clock, self._rate, self._due_s = clock or SystemClock(), FrameRate(), 0.0
        self._most_s = inf if most_s is None else most_s
        self._began: tuple[float, float] | None = None  # real and media time of a recording's first frame
        self._failed = self._explained = False

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            with suppress(OSError):
                self._live.stop()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        if self._failed:
            return
        try:
            self._consume(event)
        except BrokenPipeError:
            raise
        except OSError:
            self._failed = True

    def _consume(self, event: SessionEvent) -> None:
        now_s = self._clock.tick_s()
        match event:
            case FrameRead(frame=frame, observation=observation):
                fps = self._rate.count(now_s)
                if now_s >= self._due_s and (place := self._place(frame, now_s)) is not None:
                    if observation.reading is not None:
                        self._explain(observation.reading)
                    self._show(place + _line(observation, fps), now_s)
            case SessionEnding():
                self._began = None
            case SourceAway(message=message, retry_s=retry_s):
                self._rate.clear()
                if self._console.is_terminal and now_s >= self._due_s:  # elsewhere the log says it once
                    self._show(f"No picture: {message} Next try in {retry_s:.0f} s", now_s)

    def _place(self, frame: Frame, now_s: float) -> str | None:
        """How far a recording was read; empty for other sources, and None as long as it may end at once."""
        if frame.length_s is None:
            return ""
        if self._began is None:
            self._began = now_s, frame.tick_s
        spent_s, from_s = now_s - self._began[0], self._began[1]
        if spent_s < QUIET_S:
            return None
        end_s = min(frame.length_s, from_s + self._most_s)
        return f"{recording_line(frame.tick_s, end_s, spent_s, from_s)}  "

    def _explain(self, reading: Reading) -> None:
        """Say once on a terminal what the numbers of the line are."""
        if self._console.is_terminal and not self._explained:
            emotion = "; the most probable emotion and its probability" if reading.emotions else ""
            self._console.print(f"{_LEGEND}{emotion}.", soft_wrap=True)
        self._explained = True

    def _show(self, line: str, now_s: float) -> None:
        self._due_s = now_s + self._every_s
        if self._console.is_terminal:
            self._live.update(Text(line, no_wrap=True), refresh=True)
        else:
            self._console.print(line, markup=False, soft_wrap=True)


def _line(observation: Observation, fps: float) -> str:
    reading = observation.reading
    emotion = f"  {reading.emotion} {max(reading.emotions):.2f}" if reading and reading.emotions else ""
    place = f"  {gauge(reading)}" if reading else ""
    return f"{label(observation)}{place}{emotion}  {'-' if isnan(fps) else format(fps, '.1f')} fps"
