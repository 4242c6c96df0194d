"""The live line: what is being read, a few times a second on a terminal, once a second elsewhere."""

import sys
import time
from collections import deque
from math import isnan, nan
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from edge.core.frames import Frame
from edge.core.readings import Observation, Unreadable

_WORDS = {
    Unreadable.NO_FACE: "No face",
    Unreadable.TOO_SMALL: "Face too small: come closer",
    Unreadable.TOO_DARK: "Face too dark: more light",
    Unreadable.BLURRED: "Face blurred",
    Unreadable.TURNED_AWAY: "Face turned away",
    Unreadable.NOT_SURE: "Not sure",
    Unreadable.NO_SIGNAL: "Picture black, or lens covered",
    Unreadable.NO_FRAMES: "No picture",
}


def label(seen: Observation) -> str:
    """A reading as people see it, `Balanced Expression: 0.87`, or why there is none."""
    if seen.reading is not None:
        return f"{seen.reading.level.display_name}: {seen.reading.confidence:.2f}"
    return _WORDS[seen.unreadable or Unreadable.NO_FRAMES]


class FrameRate:
    """Frames read in the last second, by the clock on the wall."""

    def __init__(self) -> None:
        self._read_at: deque[float] = deque()

    def count(self) -> float:
        """Count a frame; return frames per second, nan for the first."""
        now = time.monotonic()
        self._read_at.append(now)
        while now - self._read_at[0] > 1.0:
            self._read_at.popleft()
        spent_s = now - self._read_at[0]
        return (len(self._read_at) - 1) / spent_s if spent_s > 0 else nan


class LiveLine:
    """Shows observations on a stream; a terminal's line is written over, elsewhere each is a line of its own."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._console = Console(file=out, highlight=False)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True, auto_refresh=False)
        self._every_s = 0.125 if self._console.is_terminal else 1.0
        self._rate, self._due_s = FrameRate(), 0.0

    def __enter__(self) -> "LiveLine":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, frame: Frame, seen: Observation) -> None:
        """Show what was observed in a frame, where it is time for it."""
        fps, now = self._rate.count(), time.monotonic()
        if now < self._due_s:
            return
        self._due_s = now + self._every_s
        read = seen.reading
        emotion = f"  {read.emotion} {max(read.emotions):.2f}" if read and read.emotions else ""
        line = f"{label(seen)}{emotion}  {'-' if isnan(fps) else format(fps, '.1f')} fps"
        if self._console.is_terminal:
            self._live.update(Text(line, no_wrap=True), refresh=True)
        else:
            self._console.print(line)
