"""The health file of a service: its state beside the journal, for edge-doctor and for the run after a crash."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge.core.errors import EdgeError
from edge.core.summaries import utc_text
from edge.host.boot import boot_id
from edge.host.clocks import Clock, SystemClock
from edge.host.files.atomic import replace
from edge.host.files.private_files import make_folder
from edge.host.files.small_files import UnfitFile, read_small

log = logging.getLogger(__name__)

_EVERY_S: Final = 60.0  # a card in a small computer bears only so many writes
_CHANGED_S: Final = 5.0  # a changed state is written so soon
_SOUND_S: Final = 3600.0  # a run that watched for so long has left the failures before it behind


class State(StrEnum):
    """What a run is doing."""

    STARTING = "starting"
    WATCHING = "watching"
    WAITING = "waiting"  # for its camera
    CONSENT = "waiting for consent"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(slots=True)
class Health:
    """How the last run goes or went. It holds no session's name and nothing that was read in a face."""

    source: str
    started_at: str  # ISO 8601, UTC
    updated_at: str
    process: int
    boot_id: str | None
    state: State = State.STARTING
    status: str = ""  # the line that systemd shows
    fps: float | None = None  # frames read in the last second
    absent: bool = False  # whether the source is away, or was when the run ended
    absences: int = 0  # how often the source went away
    restarts: int = 0  # starts in a row after runs that were killed or failed; 0 after an hour of watching
    before: str | None = None  # how the run before this one ended
    ended: str | None = None  # why this run ended; None while it runs, and where it was killed
    exit_code: int | None = None


class HealthFile:
    """Keeps a run's health in a file: written seldom, replaced as a whole; a disk that refuses it is only logged.

    Args:
        path: The file. What the run before left in it is carried over.
        source: The source's name.
        clock: Gives the time; by default the system's.
    """

    def __init__(self, path: Path, source: str, clock: Clock | None = None) -> None:
        self._path, self._clock = path, clock or SystemClock()
        now, before = utc_text(self._clock.now(), "seconds"), read_health(path)
        self._health = Health(source, now, now, os.getpid(), boot_id())
        if before is not None:
            self._health.before = before.ended or "it was killed, or the power failed"
            self._health.restarts = 0 if before.exit_code == 0 else before.restarts + 1
        self._started_s = self._written_s = self._clock.tick_s()
        self._written_state = State.STARTING
        self._write()

    def update(self, state: State, status: str, fps: float | None) -> None:
        """Note what the run is doing; written at once where the state is new for 5 s, else once a minute.

        Args:
            state: What it is doing.
            status: The line that systemd shows.
            fps: Frames per second over the last second, or None.
        """
        if state is State.WAITING and self._health.state is State.WATCHING:
            self._health.absences += 1
        if state is State.WATCHING and self._clock.tick_s() - self._started_s >= _SOUND_S:
            self._health.restarts = 0
        if state is not State.ENDING:
            self._health.absent = state is State.WAITING
        self._health.state, self._health.status = state, status
        self._health.fps = None if fps is None else round(fps, 1)
        age_s = self._clock.tick_s() - self._written_s
        first = self._written_state is State.STARTING and state is not State.STARTING
        if first or age_s >= (_EVERY_S if state is self._written_state else _CHANGED_S):
            self._write()

    def ended(self, reason: str, exit_code: int) -> None:
        """Note that the run is over, with the reason and the exit code."""
        self._health.state, self._health.ended, self._health.exit_code = State.ENDED, reason, exit_code
        self._write()

    def _write(self) -> None:
        self._health.updated_at = utc_text(self._clock.now(), "seconds")
        self._written_s, self._written_state = self._clock.tick_s(), self._health.state
        try:
            make_folder(self._path.parent)
            replace(self._path, json.dumps(asdict(self._health), indent=2).encode())
        except OSError as error:
            log.debug("%s is not written: %s.", self._path, error.strerror)


@contextmanager
def recorded_end(health: HealthFile | None) -> Iterator[None]:
    """Note in the health file how the block inside ended."""
    try:
        yield
    except EdgeError as error:
        if health is not None:
            health.ended(error.happened, error.exit_code)
        raise
    except BaseException as error:
        if health is not None:
            health.ended(f"{type(error).__name__}: see the log", 1)
        raise
    if health is not None:
        health.ended("it was stopped, or its source ended", 0)


def health_path(journal: Path) -> Path:
    """The health file of the service that writes a journal."""
    return journal.with_name(f"{journal.stem}.health.json")


def read_health(path: Path) -> Health | None:
    """The last run's health; None where there was none, or its file is not complete."""
    try:
        content = json.loads(read_small(path).content)
        known = {one.name for one in fields(Health)}
        health = Health(**{name: value for name, value in content.items() if name in known})
        health.state = State(health.state)
    except (OSError, UnfitFile, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return health
