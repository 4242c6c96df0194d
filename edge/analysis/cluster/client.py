"""An analysis on the workers of a Dask scheduler: what is given to them, and what is done where one fails."""

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Final
from uuid import uuid4

from edge.analysis.cluster import work
from edge.analysis.executor import Progress
from edge.analysis.jobs import Job, Task
from edge.analysis.models import model_files
from edge.analysis.process import HANGS_S
from edge.analysis.worker import Lost, Outcome
from edge.core.errors import BadConfiguration, ServiceUnavailable, UsageError

log = logging.getLogger(__name__)

_MOST_TRIES: Final = 3  # of a recording whose worker or process is lost
_LOOK_EVERY_S: Final = 1.0
_CONNECT_S: Final = 10.0
_RESTART_S: Final = 10.0
_WITHOUT_S: Final = 60.0  # any worker
_SILENT: Final = 1.5  # times the limit within which the worker itself ends a process that hangs


@dataclass(frozen=True, slots=True)
class Cluster:
    """Does tasks on the workers of a Dask scheduler.

    Attributes:
        address: Of the scheduler, such as `tcp://10.0.0.1:8786`.
        hangs_s: Without a sign of progress for so many seconds a recording is given to another worker.
    """

    address: str
    hangs_s: float = HANGS_S

    def refuse(self, jobs: Sequence[Job], *, frames: bool) -> None:
        """Refuse tables of frames, which are large and are written where a recording is read."""
        _library()
        if frames:
            raise UsageError(
                "Tables of frames are written only where recordings are read on this machine.",
                fix="Leave out --frames or --scheduler.",
            )

    def outcomes(self, tasks: Sequence[Task], progress: Progress, stop: Event) -> Iterator[tuple[int, Outcome]]:
        """Do tasks; as of `Executor`."""
        try:
            client = _library().Client(self.address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ServiceUnavailable(
                f"The scheduler {self.address} does not answer: {error}.", fix="Start it with: dask scheduler."
            ) from error
        with client:
            yield from _Analysis(client, tasks, self.hangs_s).outcomes(progress, stop)


@dataclass(slots=True)
class _Analysis:
    """The tasks of one analysis, and where they are."""

    client: Any
    tasks: Sequence[Task]
    hangs_s: float
    name: str = field(default_factory=lambda: uuid4().hex)
    arrived: "SimpleQueue[Any]" = field(default_factory=SimpleQueue)  # signs of life, and futures that have ended
    running: dict[Any, int] = field(default_factory=dict)  # by future, the task's number
    seen: dict[int, tuple[str, float]] = field(default_factory=dict)  # by task, its worker and the last sign of life
    tries: "Counter[int]" = field(default_factory=Counter)
    workers: dict[str, int] = field(default_factory=dict)  # with their threads
    others: set[str] = field(default_factory=set)  # workers with other networks or another program
    looked_s: float = -math.inf
    answered_s: float = field(default_factory=time.monotonic)  # when there was a worker

    def outcomes(self, progress: Progress, stop: Event) -> Iterator[tuple[int, Outcome]]:
        waiting = list(reversed(range(len(self.tasks))))
        self.client.subscribe_topic(work.TOPIC, lambda event: self.arrived.put(event[1]))
        try:
            while (waiting or self.running) and not stop.is_set():
                self._look_after_workers()
                while waiting and len(self.running) < 2 * sum(self.workers.values()):
                    self._submit(waiting.pop())
                try:
                    arrived = self.arrived.get(timeout=_LOOK_EVERY_S)
                except Empty:
                    continue
                if arrived in self.running:
                    number = self.running.pop(arrived)
                    outcome = self._outcome(number, arrived)
                    if outcome is not None:
                        yield number, outcome
                elif isinstance(arrived, tuple):
                    self._note(progress, *arrived)
        finally:
            self.client.unsubscribe_topic(work.TOPIC)
            self.client.cancel(list(self.running), force=True)

    def _submit(self, number: int, but: str | None = None) -> None:
        """Give a task to the cluster, and to the worker `but` only where there is no other."""
        able = [worker for worker in self.workers if worker not in self.others and worker != but]
        future = self.client.submit(
            *(work.do, _anywhere(self.tasks[number]), self.name, number, self.hangs_s),
            key=f"edge-analyze-{self.name}-{number}-{uuid4().hex}",
            **({"workers": able, "allow_other_workers": True} if 0 < len(able) < len(self.workers) else {}),
        )
        self.running[future] = number
        future.add_done_callback(self.arrived.put)

    def _outcome(self, number: int, future: Any) -> Outcome | None:
        """How a task ended; None where it is given to a worker again."""
        worker, _ = self.seen.pop(number, (None, 0.0))
        ended: Outcome | Lost | work.OtherModels = future.result() if future.status == "finished" else _lost(future)
        if isinstance(ended, work.OtherModels):
            self._send_models(ended.worker, self.tasks[number])
        elif isinstance(ended, Lost):
            self.tries[number] += 1
            if self.tries[number] == _MOST_TRIES:
                return Outcome(error=f"{ended.error} It was tried {_MOST_TRIES} times.")
            log.warning("%s: %s It is read again.", self.tasks[number].job.title, ended.error)
        else:
            return ended
        self._submit(number, but=worker if isinstance(ended, Lost) else None)
        return None

    def _send_models(self, worker: str, task: Task) -> None:
        folder = task.job.config.models
        if folder is not None:
            kept = self.client.run(work.receive, model_files(folder), task.models, workers=[worker])
            if kept.get(worker):
                return
        self.others.add(worker)
        log.warning("The worker %s has other networks or another version of this program; it gets no work.", worker)
        if self.others >= self.workers.keys():
            raise BadConfiguration(
                "No worker has the same version of this program with its networks.", fix="Install it on every worker."
            )

    def _note(self, progress: Progress, name: str, number: int, worker: str, *at: Any) -> None:
        if name == self.name and number in self.running.values():
            self.seen[number] = (worker, time.monotonic())
            progress(number, *at)

    def _look_after_workers(self) -> None:
        """See which workers there are, and restart or remove those that hang: Dask gives their tasks to others."""
        now_s = time.monotonic()
        if now_s < self.looked_s + _LOOK_EVERY_S:
            return
        self.looked_s = now_s
        self.workers = self.client.nthreads() if self.client.status == "running" else {}
        if self.workers:
            self.answered_s = now_s
        elif now_s - self.answered_s > min(self.hangs_s, _WITHOUT_S) or self.client.status == "closed":
            raise ServiceUnavailable(
                "The scheduler has no workers, or has ended.",
                fix="Start workers with: dask worker ADDRESS. The same command goes on.",
            )
        silent = {worker for worker, seen_s in self.seen.values() if now_s - seen_s > _SILENT * self.hangs_s}
        if silent:
            log.warning("Without a sign of life, and restarted or removed: %s.", ", ".join(sorted(silent)))
            self.seen = {number: sign for number, sign in self.seen.items() if sign[0] not in silent}
            with suppress(TimeoutError):
                self.client.restart_workers(
                    sorted(silent & self.workers.keys()), timeout=_RESTART_S, raise_for_error=False
                )


def _lost(future: Any) -> Lost:
    error = None if future.status == "cancelled" else future.exception()
    if isinstance(error, ImportError):
        raise BadConfiguration(
            f"A worker, or the scheduler, has no such program: {error}.", fix="Install it on every machine."
        )
    return Lost(f"The worker that read it was lost ({type(error).__name__ if error else future.status}).")


def _anywhere(task: Task) -> Task:
    """The task with paths that do not depend on the present folder."""
    config = task.job.config
    update: dict[str, Any] = {} if task.job.url is not None else {"source": str(task.job.path.absolute())}
    if config.segments is not None:
        update["segments"] = config.segments.absolute()
    return replace(task, job=replace(task.job, config=config.model_copy(update=update)))


def _library() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise BadConfiguration(
            "A scheduler needs the package distributed, which is not installed.",
            fix="Run `uv sync --locked --extra cluster`.",
        ) from error
    return distributed
