"""The journal: one SQLite file that keeps summaries, each committed to the disk before `write` returns."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from edge.core.choices.purpose import Purpose
from edge.core.errors import SourceNotFound
from edge.core.sessions import UNLABELLED, SessionRecord, SessionState, StudyLabels
from edge.core.summaries import Kind, Summary, utc_text
from edge.core.windowing.merging import merge
from edge.host.files.locks import only_writer
from edge.host.files.private_files import DiskFull, cannot_write
from edge.journal.file.damage import mark, marked, put_aside, was_journal
from edge.journal.file.opening import OpenFile, check_place, refuse_other_file
from edge.journal.reading import JournalReader
from edge.journal.rows import correct_dates, insert_session, insert_summaries, row_of_record, session_row
from edge.journal.schema import DamagedJournal, transaction
from edge.journal.sealing.seal import Seal
from edge.journal.sqlite_errors import Fault, fault_of, is_damage, writing_errors

log = logging.getLogger(__name__)

Done = TypeVar("Done")

_COUNT: Final = "SELECT count(*) FROM kept WHERE session_id = ? AND kind = 'window'"
_MERGED_AT_START: Final = 10_000  # half a second; a month of windows would keep the camera waiting
_HARMLESS: Final = (Fault.FULL, Fault.HELD)  # the connection recovers


class Journal(JournalReader):
    """A journal that this program alone writes, one session at a time.

    A file that turns out to be damaged, now or later, is put aside, and the open session goes on in a new one; one
    that was removed or could not be written is opened again with the next write.
    """

    def __init__(self, path: Path, lock: int, seal: Seal | None, now: Callable[[], datetime]) -> None:
        """Begin through `open`; `lock` is the descriptor of the writer's lock, which is held."""
        self._lock, self._seal, self._now = lock, seal, now
        self._session: tuple[int, Mapping[str, object]] | None = None  # the open session's id and row
        self._doubtful = False  # after an error that may have left the connection unusable
        self._unclosed = True  # until the first commit: sessions of a killed program may still be open
        self._file = self._opened(path)
        super().__init__(self._file.connection, path)

    @classmethod
    @contextmanager
    def open(cls, path: Path, seal: Seal | None = None, now: Callable[[], datetime] | None = None) -> Iterator[Self]:
        """Open a journal for writing. Sessions that a killed program left open are closed first.

        A file that never was a journal is left as it is. A full disk is no obstacle if the journal exists.

        Args:
            path: The journal, created if absent.
            seal: Seals every summary from now on, or None; sealed summaries cannot be read through this journal.
            now: Gives the date (UTC) with which recordings are kept; by default the system's.

        Raises:
            CannotWrite: It cannot be opened, or another process writes it.
            BadConfiguration: It is a symbolic link or no journal, or lies in another user's folder.
        """
        check_place(path)
        refuse_other_file(path)
        with only_writer(path) as lock, writing_errors(path):
            if not os.path.lexists(path):
                mark(lock, False)
            journal = cls(path, lock, seal, now or partial(datetime.now, UTC))
            try:
                with suppress(DiskFull):
                    journal._transact(lambda: None)
                yield journal
            finally:
                journal._file.close()

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self._path

    def begin(
        self,
        session: str,
        *,
        started_at: datetime | None,
        window_s: float,
        software: str,
        source: str | None = None,
        purpose: Purpose | None = None,
        boot_id: str | None = None,
        clock_synchronised: bool | None = None,
        recorded: bool = False,
        labels: StudyLabels = UNLABELLED,
        fingerprint: str | None = None,
    ) -> int:
        """Open a session.

        Args:
            session: Its name.
            started_at: UTC; None: unknown.
            window_s: Length of its windows, in seconds.
            software: Name and version of this program.
            source: The source's display name, which has no password in it.
            purpose: What the session is for; with ASSESSMENT it takes no emotions.
            boot_id: Of this boot of the machine.
            clock_synchronised: Whether the clock, and so the dates of a live source, is certain.
            recorded: Whether the source is a recording; the session and its summaries are kept with the present date.
            labels: What the session is about in a study.
            fingerprint: Of the work whose result it is.

        Returns:
            Its number.

        Raises:
            UsageError: The name is impossible.
            CannotWrite: It cannot be written.
            ValueError: Another session is open.
        """
        if self._session is not None:
            raise ValueError(f"session {self._session[1]['name']} is still open")
        clock, kept_with = clock_synchronised, self._now() if recorded else None
        row = session_row(
            session, started_at, window_s, software, source, purpose, boot_id, clock, kept_with, labels, fingerprint
        )
        session_id = self._transact(lambda: insert_session(self._connection, row))
        self._session = (session_id, row)
        return session_id

    def write(self, *summaries: Summary) -> None:
        """Commit summaries of the open session, all together; the session's own summary completes it.

        Raises:
            CannotWrite: None of them is kept; they may be written again once there is room.
            ValueError: One is of another session, or has emotions or insights although the session is to have none.
        """
        for summary in summaries:
            if self._session is None or self._session[1]["name"] != summary.session:
                raise ValueError(f"no session {summary.session} is open")
            emotions = (summary.emotions, summary.emotion_means, summary.emotion_changes, summary.insights)
            if emotions != (None,) * 4 and self._session[1]["purpose"] == Purpose.ASSESSMENT:
                raise ValueError(f"emotions and insights do not belong into session {summary.session}")
        ended = SessionState.COMPLETE if any(summary.kind == Kind.SESSION for summary in summaries) else None

        def insert() -> None:
            assert self._session is not None
            self._insert(self._session[0], summaries, ended)

        self._transact(insert)
        if ended:
            self._session = None

    def keep(self, session: SessionRecord, summaries: Sequence[Summary]) -> None:
        """Commit a whole session that was recorded elsewhere, all of it or nothing.

        Args:
            session: What is known of it; its number is given anew.
            summaries: Its windows, its segments and its own summary.

        Raises:
            CannotWrite: Nothing of it is kept.
        """
        row = row_of_record(session, self._now())
        self._transact(lambda: self._insert(insert_session(self._connection, row), summaries, session.state))

    def correct_dates(self, reference: Summary) -> None:
        """Correct the dates of the open session's windows by their ticks, once the clock has been synchronised.

        Args:
            reference: A summary of the session whose date is certain.

        Raises:
            CannotWrite: They cannot be written.
            ValueError: No session is open.
        """
        if self._session is None:
            raise ValueError("no session is open")
        _, row = self._session

        def correct() -> dict[str, object]:
            assert self._session is not None
            began = correct_dates(self._connection, self._session[0], reference)
            return {**row, "started_at": began or row["started_at"], "clock_synchronised": True}

        corrected = self._transact(correct)
        self._session = (self._session[0], corrected)

    @contextmanager
    def sound_file(self) -> Iterator[OpenFile]:
        """Lend the open file for deletion, opened again first where it is damaged or was removed.

        Raises:
            CannotWrite: That is impossible, or something fails while it is lent.
        """
        self._transact(lambda: None)
        with writing_errors(self._path):
            yield self._file

    def checkpoint(self) -> None:
        """Empty the -wal file, which gives its room back.

        Raises:
            CannotWrite: Something failed.
        """
        with writing_errors(self._path):
            self._file.checkpoint()

    def _transact(self, work: Callable[[], Done]) -> Done:
        """Do `work` in a transaction of a sound journal, after closing what a killed program left open."""
        with writing_errors(self._path):
            if not self._file.still_at(self._path):
                self._open_again()
            elif self._doubtful:
                self._open_again(examined=False)
            try:
                return self._attempt(work)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
            self._open_again()
            try:
                return self._attempt(work)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._open_again(damage=error)
                return self._attempt(work)

    def _attempt(self, work: Callable[[], Done]) -> Done:
        try:
            with transaction(self._connection):
                if self._unclosed:
                    self._close_interrupted()
                done = work()
        except sqlite3.Error as error:
            self._doubtful = fault_of(error) not in _HARMLESS
            raise
        self._unclosed = False
        return done

    def _close_interrupted(self) -> None:
        left = self._connection.execute("SELECT id FROM sessions WHERE state = 'open'").fetchall()
        for (session_id,) in left:
            summaries = []
            (windows,) = self._connection.execute(_COUNT, (session_id,)).fetchone()
            if windows <= _MERGED_AT_START:  # a reader merges the windows of a session that has no summary
                with suppress(ValueError, SourceNotFound):  # no window was committed, or one of them is damaged
                    summaries = [merge(self.windows(session_id))]
            self._insert(session_id, summaries, SessionState.INTERRUPTED)

    def _insert(self, session_id: int, summaries: Iterable[Summary], ended: SessionState | None) -> None:
        insert_summaries(self._connection, session_id, summaries, self._seal, self._now())
        if ended is not None:
            self._connection.execute("UPDATE sessions SET state = ? WHERE id = ?", (ended.value, session_id))

    def _open_again(self, *, examined: bool = True, damage: Exception | None = None) -> None:
        """Open the file anew; where it is not the one that has the open session, the session begins in it again."""
        self._file.close()
        self._file = self._opened(self._path, examined, damage)
        self._connection = self._file.connection
        self._doubtful = False
        if self._session is not None:
            session_id, row = self._session
            there = "SELECT 1 FROM sessions WHERE id = ? AND name = ? AND state = 'open'"
            if self._connection.execute(there, (session_id, row["name"])).fetchone() is None:
                self._session = (self._attempt(lambda: insert_session(self._connection, row)), row)

    def _opened(self, path: Path, examined: bool = True, damage: Exception | None = None) -> OpenFile:
        known = marked(self._lock)
        try:
            if damage is not None:
                raise damage
            known = was_journal(path, known)
            file = OpenFile(path, examined=examined)
        except (sqlite3.Error, DamagedJournal) as error:
            if not (known and is_damage(error)):
                raise
            file = self._replaced(path, error)
        mark(self._lock, True)
        return file

    def _replaced(self, path: Path, error: Exception) -> OpenFile:
        try:
            moved = put_aside(path)
        except OSError as failed:
            raise cannot_write(path, failed) from failed
        happened = f"The journal {path} was damaged ({error}). It was put aside as {moved.name}, and a new one begun."
        log.error("%s", happened)
        file = OpenFile(path)
        with transaction(file.connection):
            row = (utc_text(datetime.now(UTC)), happened)
            file.connection.execute("INSERT INTO notices (noticed_at, text) VALUES (?, ?)", row)
        return file
