"""One job: the recording is read by the same program as `edge-run`, and its session is taken from the journal."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Final

from edge import program
from edge.analysis.jobs import Job
from edge.config import Config
from edge.core.errors import EdgeError, RecordingTruncated
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind, Summary
from edge.journal.reading import JournalReader
from edge.run.events import Consumer, FrameRead, SessionEvent
from edge.vision.manifest import shipped_models

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


def models_hash(config: Config) -> str:
    """Return a hash of the networks' cards, each of which has its network's hash, and of the program's version."""
    sha256 = hashlib.sha256(version("edge-expressiveness").encode())
    for folder in dict.fromkeys((config.models or shipped_models(), shipped_models())):
        for card in sorted(folder.rglob("*.json")):
            sha256.update(card.name.encode() + b"\0" + card.read_bytes())
    return sha256.hexdigest()


def analyse(job: Job, parts: Path, frames: str | None, done: frozenset[str], report: Report) -> Outcome:
    """Read one recording.

    Args:
        job: The recording and its settings.
        parts: A folder for the journal of this job alone, which is removed.
        frames: Where the table of its frames is written, with `{}` for the session's name; None for no such table.
        done: Fingerprints of what was done before.
        report: Called about twice a second.

    Returns:
        What was recorded. Errors that a user can correct are part of it.
    """
    try:
        fingerprint = job.fingerprint(models_hash(job.config))
    except EdgeError as absent:
        return Outcome(error=str(absent))
    name, journal = job.session(fingerprint), parts / f"{fingerprint[:32]}.sqlite"
    table = None if frames is None else Path(frames.format(name))
    if fingerprint in done and (table is None or table.exists()):
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
        if fingerprint in done:  # only its table of frames was missing
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


class _Silent(program.NoScreen):
    """The screen of a job: it reports how far the recording was read."""

    def __init__(self, report: Report) -> None:
        self._report, self._due_s = report, 0.0

    @contextmanager
    def opened(self) -> Iterator[list[Consumer]]:
        """Lend the consumer that reports."""
        yield [self._follow]

    def _follow(self, event: SessionEvent) -> None:
        if isinstance(event, FrameRead) and time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + _REPORT_EVERY_S
            self._report(event.frame.tick_s, event.frame.length_s)
