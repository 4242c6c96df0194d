"""What a worker of a cluster does: one recording, in a process of its own that the worker watches."""

import hashlib
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from edge.analysis.cluster.store import StoredRecording
from edge.analysis.jobs import Task
from edge.analysis.models import keep_models, models_hash
from edge.analysis.process import JobProcess
from edge.analysis.worker import Lost, Outcome
from edge.core.errors import EdgeError
from edge.host.files.private_files import make_folder

TOPIC: Final = "edge-analyze"
_LOOK_EVERY_S: Final = 0.2
_SIGN_EVERY_S: Final = 1.0
_of_thread = threading.local()  # its process, which does several tasks


@dataclass(frozen=True, slots=True)
class OtherModels:
    """The answer of a worker whose networks or program are others than those of the task."""

    worker: str  # its address


class _Signs:
    """Sends the client signs of life, with how far the recording was read, about once a second."""

    def __init__(self, worker: Any, analysis: str, number: int) -> None:
        self._worker, self._head = worker, (analysis, number, worker.address)
        self._at: tuple[float, float | None] = (0.0, None)
        self._due_s = 0.0

    def __call__(self, position_s: float | None = None, length_s: float | None = None) -> None:
        if position_s is not None:
            self._at = (position_s, length_s)
        if time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + _SIGN_EVERY_S
            self._worker.log_event(TOPIC, (*self._head, *self._at))


def do(task: Task, analysis: str, number: int, hangs_s: float) -> Outcome | Lost | OtherModels:
    """Read one recording on this worker.

    Args:
        task: With paths that are absolute, or a URL.
        analysis: A name of the analysis, for its signs of life.
        number: The task's number in it.
        hangs_s: Without a sign of progress for so many seconds the process that reads is ended.
    """
    from distributed import get_worker

    worker = get_worker()
    signs = _Signs(worker, analysis, number)
    signs()
    scratch = _scratch(worker)
    models = None if models_hash(None) == task.models else scratch / task.models
    if models is not None and not models.is_dir():
        return OtherModels(worker.address)
    config = task.job.config.model_copy(update={"models": models})
    try:
        with _own_folder(scratch) as folder:
            task = replace(task, job=replace(task.job, config=config))
            if task.job.url is not None:
                stored = StoredRecording(task.job.url, hangs_s)
                fingerprint = None
                if stored.version is not None:
                    fingerprint = hashlib.sha256(f"{task.decides}\0{stored.version}".encode()).hexdigest()
                    if fingerprint in task.done:
                        return Outcome(fingerprint, done_before=True)
                config = config.model_copy(update={"source": str(stored.copy(folder, signs))})
                task = replace(task, job=replace(task.job, config=config), fingerprint=fingerprint)
            return _in_a_process(task, scratch, hangs_s, signs, worker)
    except EdgeError as error:
        return Outcome(error=str(error))


def receive(files: Mapping[str, bytes], sha256: str, dask_worker: Any) -> bool:
    """Keep networks that were sent, on this worker; return whether they have this hash with its program."""
    return keep_models(files, sha256, _scratch(dask_worker))


def _scratch(worker: Any) -> Path:
    folder = Path(worker.local_directory) / "edge"  # which the worker removes
    make_folder(folder)
    return folder


@contextmanager
def _own_folder(scratch: Path) -> Iterator[Path]:
    folder = Path(mkdtemp(dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _in_a_process(task: Task, scratch: Path, hangs_s: float, signs: _Signs, worker: Any) -> Outcome | Lost:
    process: JobProcess | None = getattr(_of_thread, "process", None)
    parts = scratch / f"parts-{threading.get_ident()}"
    if process is not None and process.spent:
        process.end()
        process = None
    if process is None:
        make_folder(parts)
        _of_thread.process = process = JobProcess(parts, hangs_s)
    process.begin(task)
    key, ended = worker.get_current_task(), None
    while ended is None:
        wait([process.pipe], _LOOK_EVERY_S)
        ended = process.outcome(signs)
        signs()
        state = worker.state.tasks.get(key)
        if state is None or state.state == "cancelled":  # the client has stopped, or ended
            ended = Lost("The analysis was stopped.")
            process.end()
    if isinstance(ended, Lost):
        process.end()
        _of_thread.process = None
        shutil.rmtree(parts, ignore_errors=True)  # summaries of a part
    return ended
