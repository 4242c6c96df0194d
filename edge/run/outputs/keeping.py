"""Where a session's summaries are kept: journal and JSON lines, through full and failing disks."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Final

from edge.config import Config
from edge.core.errors import BadConfiguration, CannotWrite, UsageError
from edge.core.sessions import NOT_SHIPPED, valid_session
from edge.core.summaries import Summary
from edge.core.text import valid_text
from edge.host.boot import boot_id, clock_synchronised
from edge.host.clocks import Clock, SystemClock
from edge.host.files.locks import WrittenByAnother
from edge.host.files.private_files import DiskFull, DiskRefuses
from edge.journal.file.location import default_journal
from edge.journal.file.reserve import Reserve
from edge.journal.lines.completing import missing_lines
from edge.journal.lines.jsonl import JsonLines
from edge.journal.meta import BOOTH, LINES, MAX_FPS, RETENTION_DAYS, note_settings
from edge.journal.sealing.seal import Seal
from edge.journal.store import Journal
from edge.journal.waiting import JournalHealth, Waiting
from edge.run.outputs.dates import SessionDates
from edge.run.outputs.retention import Retention
from edge.vision.manifest import is_shipped

log = logging.getLogger(__name__)

_BESIDE: Final = ("", "-wal", "-shm", ".lock", ".reserve")  # the files of a journal
_MAKE_ROOM_EVERY_S: Final = 60.0  # on a full disk


class Keeping:
    """Keeps the summaries of one session; while the disk refuses them, they are queued and the session goes on.

    Use `opened_keeping`, which has the arguments; `stack` closes what is opened here.
    """

    def __init__(
        self,
        config: Config,
        source: str,
        stack: ExitStack,
        *,
        clock: Clock,
        synchronised: Callable[[], bool | None],
        patient: bool,
        recorded: bool,
        stop: Event | None,
    ) -> None:
        self.session = valid_session(f"{clock.now():%Y%m%dT%H%M%SZ}" if config.session is None else config.session)
        self.path = config.journal or default_journal()
        self._seal = None if config.seal_to is None else Seal.to(config.seal_to)  # before anything is written
        self._source, self._window_s, self._purpose = source, config.window, config.purpose
        self._shipped = is_shipped(config.models)
        self._labels = config.labels
        self._clock, self._synchronised, self._stack = clock, synchronised, stack
        self._room_due_s = clock.tick_s()
        self._recorded, self._dates = recorded, SessionDates(synchronised, recorded=recorded)
        self._began: datetime | None = None
        self._begun = self._corrected = self._ending = False
        self._journal: Journal | None = None
        self._lines_path = Path(config.jsonl) if config.jsonl not in (None, "-") else None
        if self._lines_path and self._lines_path.resolve() in self._own_files():
            raise UsageError("The journal and the JSON lines are one file.", fix="Give --jsonl another name.")
        self._retention = Retention(config, clock, synchronised, self._lines_path)
        lines = None if self._lines_path is None else valid_text(str(self._lines_path.absolute()))
        self._noted = {
            BOOTH: config.booth,
            RETENTION_DAYS: config.retention_days,
            MAX_FPS: config.max_fps,
            LINES: lines,
        }
        self.reserve = Reserve(self.path, sealed=self._seal is not None)
        self._open_at_start(patient)
        self._lines = (
            None if config.jsonl is None else self._opened_lines(config.jsonl, stop, as_service=config.service)
        )
        self._queues = [Waiting(self._to_journal, tick_s=clock.tick_s)]
        if self._lines is not None:
            self._queues.append(Waiting(self._to_lines, tick_s=clock.tick_s))

    def _opened_lines(self, name: str, stop: Event | None, *, as_service: bool) -> JsonLines:
        try:
            return self._stack.enter_context(JsonLines.open(name, self._seal, stop))
        except WrittenByAnother as error:
            if not as_service:
                raise
            raise BadConfiguration(
                f"{name} is written for another camera already.",
                fix="Give this camera a file of its own: jsonl in edge@CAMERA.toml beside edge.toml.",
            ) from error

    @property
    def health(self) -> JournalHealth:
        """What is queued and lost, journal and JSON lines together."""
        each = [queue.health for queue in self._queues]
        errors = [one.last_error for one in each if one.last_error]
        return JournalHealth(
            sum(one.queued for one in each), sum(one.dropped for one in each), errors[0] if errors else None
        )

    def begin(self, started_at: datetime | None) -> None:
        """Note that the session has begun, now or, where the disk refuses it, with the first summary.

        Args:
            started_at: When the first frame was taken, UTC; None: unknown.
        """
        self._began = started_at
        self._dates.begin()
        self._retention.delete(self._journal)
        try:
            self._with_room(self._ready)
        except CannotWrite as error:
            log.warning("%s The session goes on; its summaries will wait.", error.happened)

    def write(self, summary: Summary) -> None:
        """Keep a summary durably before returning, or queue it while the disk refuses it."""
        self._dates.check(summary)
        for queue in self._queues:
            queue.add(summary)
        self.catch_up()

    def catch_up(self) -> None:
        """Write what is queued and delete what has expired, each when it is due; to be called about once a second."""
        for queue in self._queues:
            queue.catch_up()
        if self._retention.is_due:
            self._retention.delete(self._journal)

    def finish(self) -> None:
        """Write what is still queued, into the room of the reserve if need be.

        Raises:
            CannotWrite: Some of it is lost.
        """
        self._ending = True
        failed = [error for queue in self._queues if (error := queue.catch_up(now=True))]
        if failed and self.reserve.give_back():
            failed = [error for queue in self._queues if (error := queue.catch_up(now=True))]
        if failed:
            raise CannotWrite(f"{self.health.queued} summaries were not kept: {failed[0].happened}", fix=failed[0].fix)
        self.reserve.make()

    def forget(self) -> None:
        """Drop what is queued: nothing of the session is written any more."""
        self._queues.clear()

    def _own_files(self) -> list[Path]:
        return [self.path.with_name(self.path.name + end).resolve() for end in _BESIDE]

    def _open_at_start(self, patient: bool) -> None:
        try:
            try:
                self._opened()
            except DiskRefuses:
                if not self.reserve.give_back():
                    raise
                self._opened()
        except DiskRefuses as error:
            if not patient:
                raise
            log.error("%s Summaries will wait until the journal can be written.", error.happened)
        self.reserve.make()

    def _opened(self) -> Journal:
        if self._journal is None:
            self._journal = self._stack.enter_context(Journal.open(self.path, self._seal, self._clock.now))
        return self._journal

    def _ready(self) -> Journal:
        """The journal, with the session begun in it and its dates corrected."""
        journal = self._opened()
        if not self._begun:
            self._note_run(journal)
            software = f"edge-expressiveness {version('edge-expressiveness')}"
            software += "" if self._shipped else NOT_SHIPPED
            journal.begin(
                self.session,
                started_at=self._began,
                window_s=self._window_s,
                software=software,
                source=self._source,
                purpose=self._purpose,
                boot_id=None if self._recorded else boot_id(),
                clock_synchronised=self._dates.certain_at_start,
                recorded=self._recorded,
                labels=self._labels,
            )
            self._begun = True
        if self._dates.reference is not None and not self._corrected:
            journal.correct_dates(self._dates.reference)
            self._corrected = True
        return journal

    def _note_run(self, journal: Journal) -> None:
        """Keep the run's settings, and complete the JSON lines of the run before, which may have been killed."""
        before = note_settings(journal, self._noted)
        if self._lines is None or self._lines_path is None or before.get(LINES) != self._noted[LINES]:
            return
        try:
            if missing := missing_lines(journal, self._lines_path):
                self._lines.write(*missing)
                log.warning(
                    "%d JSON lines of session %s were missing; they are written.", len(missing), missing[0].session
                )
        except (CannotWrite, OSError, ValueError) as error:
            log.warning("JSON lines of the session before were not completed: %s", error)

    def _to_journal(self, summaries: tuple[Summary, ...]) -> None:
        def write() -> None:
            self._ready().write(*map(self._dates.corrected, summaries))
            self.reserve.make()

        self._with_room(write)

    def _to_lines(self, summaries: tuple[Summary, ...]) -> None:
        assert self._lines is not None
        if self._retention.is_set and self._dates.certain:
            self._lines.turn_over(self._clock.now().astimezone(UTC).date())
        self._lines.write(*map(self._dates.corrected, summaries))

    def _with_room(self, work: Callable[[], object]) -> None:
        """Call `work`, and once more after making room where the disk is full."""
        try:
            work()
        except DiskFull:
            if self._journal is None or self._clock.tick_s() < self._room_due_s:
                raise
            self._room_due_s = self._clock.tick_s() + _MAKE_ROOM_EVERY_S
            with suppress(CannotWrite):
                self._journal.checkpoint()
            if self._retention.may_delete:
                held = self.reserve.give_back()  # deleting needs room too
                self._retention.delete(self._journal)
                if held and not self._ending:
                    self.reserve.make()
            work()


@contextmanager
def opened_keeping(
    config: Config,
    source: str,
    *,
    patient: bool = False,
    recorded: bool = False,
    clock: Clock | None = None,
    synchronised: Callable[[], bool | None] = clock_synchronised,
    stop: Event | None = None,
) -> Iterator[Keeping]:
    """Open the journal, and JSON lines where they are set, for one session.

    Args:
        config: The settings.
        source: The source's name, which the journal keeps.
        patient: Go on where the disk is full, read-only or failing at the start.
        recorded: Whether the source is a recording: its retention counts from when it was read.
        clock: Gives the time; by default the system's.
        synchronised: Whether the clock is synchronised; None where that is not known.
        stop: Ends the wait for the reader of JSON lines, as in `JsonLines.open`.

    Raises:
        UsageError: The session's name is impossible, or journal and JSON lines are one file.
        BadConfiguration: A file is a symbolic link, another user's, or no seal can be made.
        CannotWrite: The journal cannot be opened; or, at the end, summaries could not be kept.
    """
    with ExitStack() as stack:
        keeping = Keeping(
            config,
            source,
            stack,
            clock=clock or SystemClock(),
            synchronised=synchronised,
            patient=patient,
            recorded=recorded,
            stop=stop,
        )
        try:
            yield keeping
        except BaseException:
            try:
                keeping.finish()
            except CannotWrite as error:
                log.error("%s", error.happened)  # the first error is the one that is raised
            raise
        keeping.finish()
