"""Processes that do jobs: one that ends or hangs costs its own job alone."""

import ctypes
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Any, Final

from edge.analysis.jobs import Job
from edge.analysis.worker import Outcome, analyse

_PR_SET_PDEATHSIG: Final = 1
_MOST_JOBS: Final = 200  # of one process: each run adds a filter of system calls, which the kernel counts
_HANGS_S: Final = 300.0  # without a sign of progress
_LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Setup:
    """What every process is given: the arguments of `analyse` that are the same for all jobs."""

    parts: Path
    frames: str | None
    done: frozenset[str]


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: "Connection[Any, Any]"
    number: int | None = None  # of its present job
    jobs: int = 0
    seen_s: float = 0.0

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


Progress = Callable[[int, float, float | None], None]  # the job's number, media time reached and length, in seconds


def outcomes(
    jobs: Sequence[Job], processes: int, setup: Setup, progress: Progress, stop: Event
) -> Iterator[tuple[int, Outcome]]:
    """Do jobs in processes of their own.

    Args:
        jobs: What to do.
        processes: How many at once.
        setup: What each process needs.
        progress: Called while jobs are done, and about twice a second in any case through `stop`.
        stop: Ends all of it; what was not finished is lost.

    Yields:
        The number of each job and how it ended, as they end.
    """
    waiting = iter(range(len(jobs)))
    workers: list[_Worker] = []
    try:
        workers += [_started(setup) for _ in range(min(processes, len(jobs)))]
        for worker in workers:
            _next(worker, jobs, waiting)
        while not stop.is_set() and any(worker.number is not None for worker in workers):
            ready = wait([worker.pipe for worker in workers if worker.number is not None], _LOOK_EVERY_S)
            for place, worker in enumerate(workers):
                if worker.number is None:
                    continue
                outcome = _heard(worker, progress) if worker.pipe in ready else _overdue(worker)
                if outcome is None:
                    continue
                yield worker.number, outcome
                if outcome.fingerprint == _LOST or worker.jobs >= _MOST_JOBS:
                    worker.end()
                    workers[place] = worker = _started(setup)
                _next(worker, jobs, waiting)
    finally:
        for worker in workers:
            worker.end()


_LOST: Final = "lost"  # in place of the fingerprint of a job whose process ended


def _started(setup: Setup) -> _Worker:
    context = multiprocessing.get_context("spawn")
    own, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, setup), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, own)


def _next(worker: _Worker, jobs: Sequence[Job], waiting: Iterator[int]) -> None:
    worker.number = next(waiting, None)
    if worker.number is not None:
        worker.jobs += 1
        worker.seen_s = time.monotonic()
        worker.pipe.send(jobs[worker.number])


def _heard(worker: _Worker, progress: Progress) -> Outcome | None:
    """The outcome where there is one; progress is passed on."""
    assert worker.number is not None
    worker.seen_s = time.monotonic()
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Outcome(_LOST, error=f"The process that read it ended (exit code {worker.process.exitcode}).")
    if isinstance(said, Outcome):
        return said
    progress(worker.number, *said)
    return None


def _overdue(worker: _Worker) -> Outcome | None:
    if time.monotonic() - worker.seen_s < _HANGS_S:
        return None
    return Outcome(_LOST, error=f"Reading it did not go on for {_HANGS_S:.0f} s.")


def _serve(pipe: "Connection[Any, Any]", setup: Setup) -> None:
    """Do what is sent, until the other side closes the pipe or ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, *map(ctypes.c_ulong, (signal.SIGKILL, 0, 0, 0)))
    if os.getppid() == 1:  # it ended before that
        return
    for number in (signal.SIGINT, signal.SIGHUP):  # of the terminal: the parent decides
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(analyse(job, setup.parts, setup.frames, setup.done, lambda *at: pipe.send(at)))
