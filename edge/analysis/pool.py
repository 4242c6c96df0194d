"""Processes of this machine that do tasks: one that ends or hangs costs its own recording alone."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from threading import Event
from typing import Final

from edge.analysis.executor import Progress
from edge.analysis.jobs import Job, Task
from edge.analysis.process import HANGS_S, JobProcess
from edge.analysis.worker import Lost, Outcome
from edge.core.errors import UsageError
from edge.host.files.private_files import make_folder

_LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Processes:
    """Does tasks in processes of this machine.

    Attributes:
        count: How many recordings are read at once.
        parts: A folder for what is unfinished, made anew and removed.
        hangs_s: Without a sign of progress for so many seconds a process is ended.
    """

    count: int
    parts: Path
    hangs_s: float = HANGS_S

    def refuse(self, jobs: Sequence[Job], *, frames: bool) -> None:
        """Refuse URLs: a process that reads pictures has no network."""
        for job in jobs:
            if job.url is not None:
                raise UsageError(
                    f"{job.title} is given by a URL, which only workers of a cluster read.",
                    fix="Copy it to this machine, or give --scheduler.",
                )

    def outcomes(self, tasks: Sequence[Task], progress: Progress, stop: Event) -> Iterator[tuple[int, Outcome]]:
        """Do tasks; as of `Executor`."""
        waiting = iter(range(len(tasks)))
        shutil.rmtree(self.parts, ignore_errors=True)  # of an analysis that was killed
        make_folder(self.parts)
        running: dict[JobProcess, int] = {}
        try:
            for number in waiting:
                process = self._new()
                running[process] = number
                process.begin(tasks[number])
                if len(running) == self.count:
                    break
            while running and not stop.is_set():
                wait([process.pipe for process in running], _LOOK_EVERY_S)
                for process, number in list(running.items()):
                    ended = process.outcome(lambda *at, number=number: progress(number, *at))
                    if ended is None:
                        continue
                    yield number, Outcome(error=ended.error) if isinstance(ended, Lost) else ended
                    del running[process]
                    following = next(waiting, None)
                    if process.spent or following is None:
                        process.end()
                        process = self._new() if following is not None else process
                    if following is not None:
                        running[process] = following
                        process.begin(tasks[following])
        finally:
            for process in running:
                process.end()
            shutil.rmtree(self.parts, ignore_errors=True)

    def _new(self) -> JobProcess:
        return JobProcess(self.parts, self.hangs_s)
