"""One job: the recording is read by the same program as `edge-run`, and its session is taken from the journal."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Final

from edge import program
from edge.analysis.jobs import Task
from edge.core.errors import EdgeError, RecordingTruncated
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind, Summary
from edge.journal.reading import JournalReader
from edge.run.events import Consumer, FrameRead, SessionEvent

_REPORT_EVERY_S: Final = 0.5

Report = Callable[[float, float | None], None]  # the media time that was reached and the recording's length, in seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        fingerprint: The job's; empty where the recording cannot be opened.
        session: What was recorded; None where nothing was, or it was done before.
        summaries: Its windows, its segments, and its own summary last.
        done_before: Whether an earlier analysis had done it.
        error: Why the recording was not read, or only in part; None where all is well.
        notes: Warnings about it.
    """

    fingerprint: str = ""
    session: SessionRecord | None = None
    summaries: tuple[Summary, ...] = ()
    done_before: bool = False
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of a job whose process ended or hung."""

    error: str


def analyse(task: Task, parts: Path, report: Report) -> Outcome:
    """Read one recording.

    Args:
        task: The recording, on this machine, and its settings.
        parts: A folder for the journal of this job alone, which is removed.
        report: Called about twice a second.

    Returns:
        What was recorded. Errors that a user can correct are part of it.
    """
    job, report = task.job, _about_twice_a_second(report)
    try:
        fingerprint = task.fingerprint or job.fingerprint(task.decides, lambda: report(0.0, None))
    except EdgeError as absent:
        return Outcome(error=str(absent))
    name, journal = job.session(fingerprint), parts / f"{fingerprint[:32]}.sqlite"
    table = None if task.frames is None else Path(task.frames.format(name))
    if fingerprint in task.done and (table is None or table.exists()):
        return Outcome(fingerprint, done_before=True)
    config = job.config.model_copy(update={"session": name, "journal": journal, "frames": table})
    error: EdgeError | None = None
    with _own_files(journal), _noted_warnings() as notes:
        try:
            program.run(config, Event(), _Silent(report))
        except RecordingTruncated as cut:
            error = cut
        except EdgeError as failed:
            return Outcome(fingerprint, error=str(failed), notes=tuple(notes))
        with JournalReader.open(journal) as reader:
            session, summaries = _recorded(reader)
        if fingerprint in task.done:  # only its table of frames was missing
            return Outcome(fingerprint, done_before=True, notes=tuple(notes))
        session = replace(session, source=job.recording, labels=job.labels, fingerprint=fingerprint)
        return Outcome(fingerprint, session, summaries, error=None if error is None else str(error), notes=tuple(notes))


def _recorded(reader: JournalReader) -> tuple[SessionRecord, tuple[Summary, ...]]:
    (session,) = reader.sessions()
    parts = [*reader.rows(session.id), *reader.rows(session.id, Kind.SEGMENT), session.summary]
    return session, tuple(part for part in parts if isinstance(part, Summary))


@contextmanager
def _own_files(journal: Path) -> Iterator[None]:
    def remove() -> None:
        for file in journal.parent.glob(f"{journal.name}*"):
            file.unlink(missing_ok=True)

    remove()
    try:
        yield
    finally:
        remove()


@contextmanager
def _noted_warnings() -> Iterator[list[str]]:
    """Collect what is logged meanwhile."""
    notes: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: notes.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger()
    logger.addHandler(handler)
    try:
        yield notes
    finally:
        logger.removeHandler(handler)


def _about_twice_a_second(report: Report) -> Report:
    due_s = 0.0

    def limited(position_s: float, length_s: float | None) -> None:
        nonlocal due_s
        if time.monotonic() >= due_s:
            due_s = time.monotonic() + _REPORT_EVERY_S
            report(position_s, length_s)

    return limited


class _Silent(program.NoScreen):
    """The screen of a job: it reports how far the recording was read."""

    def __init__(self, report: Report) -> None:
        self._report = report

    @contextmanager
    def opened(self) -> Iterator[list[Consumer]]:
        """Lend the consumer that reports."""
        yield [self._follow]

    def _follow(self, event: SessionEvent) -> None:
        if isinstance(event, FrameRead):
            self._report(event.frame.tick_s, event.frame.length_s)
