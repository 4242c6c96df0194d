"""How far an analysis is: a line for each recording that ended, and at a terminal one for those that are read."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Self, TextIO

from edge.analysis.jobs import Job
from edge.analysis.worker import Outcome
from edge.display.progress import clock

_EVERY_S: Final = 0.2
_WIDTH: Final = 20  # letters of a recording's name in the line


class Status:
    """Writes lines; a stream that cannot be written gets no more.

    Args:
        jobs: All jobs. Their files' sizes stand for the work that they are.
        out: Where lines are written.
        tick_s: Monotonic seconds.
    """

    def __init__(self, jobs: Sequence[Job], out: TextIO, tick_s: Callable[[], float] = time.monotonic) -> None:
        self._jobs, self._out, self._tick_s = jobs, out, tick_s
        self._terminal, self._began_s, self._due_s = out.isatty(), tick_s(), 0.0
        self._sizes = [_size(job) for job in jobs]
        self._ended_bytes = self._skipped_bytes = self._count = 0
        self._running: dict[int, float] = {}  # by the job's number, the share that was read

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("\r\x1b[K" if self._terminal else "")

    def at(self, number: int, position_s: float, length_s: float | None) -> None:
        """Note how far a recording was read; its length may be unknown."""
        self._running[number] = min(position_s / length_s, 1.0) if length_s else 0.0
        if self._terminal and self._tick_s() >= self._due_s:
            self._due_s = self._tick_s() + _EVERY_S
            self._write(f"\r{self._line()}\x1b[K")

    def ended(self, number: int, outcome: Outcome) -> None:
        """Write how a recording ended; one that was done before gets no line."""
        self._running.pop(number, None)
        self._count += 1
        self._ended_bytes += self._sizes[number]
        if outcome.session is None:  # it took no time, and says nothing about the others
            self._skipped_bytes += self._sizes[number]
        if outcome.done_before:
            return
        end = "\x1b[K\n" if self._terminal else "\n"
        start = "\r" if self._terminal else ""
        place = f"{self._count:,}/{len(self._jobs):,}"
        self._write(f"{start}{place}  {self._jobs[number].title}: {_said(outcome)}  {self._left()}".rstrip() + end)

    def _line(self) -> str:
        running = [f"{self._jobs[each].title[:_WIDTH]} {share:.0%}" for each, share in self._running.items()]
        return f"{self._count:,}/{len(self._jobs):,}  {self._share():.0%}  {self._left()}  {', '.join(running)}"

    def _share(self) -> float:
        read = self._ended_bytes + sum(self._sizes[each] * share for each, share in self._running.items())
        return min(read / max(sum(self._sizes), 1), 1.0)

    def _left(self) -> str:
        """The time left, by the bytes that were read in this analysis."""
        all_bytes = sum(self._sizes)
        read = self._share() * all_bytes - self._skipped_bytes
        if read < 1:
            return ""
        left_s = (self._tick_s() - self._began_s) * (all_bytes - self._skipped_bytes - read) / read
        return f"{clock(left_s + 0.5)} left"

    def _write(self, text: str) -> None:
        with suppress(OSError):
            self._out.write(text)
            self._out.flush()


def _size(job: Job) -> int:
    if job.url is not None:
        return 1
    try:
        return job.path.stat().st_size
    except OSError:
        return 0


def _said(outcome: Outcome) -> str:
    summary = None if outcome.session is None else outcome.session.summary
    if summary is None:
        return "not read"
    cut = ", cut short" if summary.truncated else ""
    return f"{clock(summary.length_s)}, readable {summary.readable_share:.0%}{cut}"
