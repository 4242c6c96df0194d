"""The consent store: which sessions may be recorded, until when, and receipts without names.

`consent.sqlite` beside the journal has two tables. `receipts` stays: when a person agreed to which notice, and what
became of that. `sessions` leads from a session's name to its receipt, and that row is deleted with the session.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.consent.database import ConsentFile
from edge.consent.rows import MOST_S, consent_of, receipt_of
from edge.consent.services import Services, service_in
from edge.consent.types import CaptureState, Consent, ConsentState, Receipt
from edge.core.choices.second_consent import SecondConsent
from edge.core.errors import CannotWrite, NoConsent, UsageError
from edge.core.sessions import valid_session
from edge.core.summaries import utc_text
from edge.host.boot import boot_id
from edge.host.files.private_files import DiskFull

_CONSENTS: Final = "SELECT * FROM sessions JOIN receipts ON receipts.id = receipt_id"


def consent_path(journal: Path) -> Path:
    """Return where the consents for a journal are."""
    return journal.absolute().with_name("consent.sqlite")


def boottime_s() -> float:
    """Return seconds since the machine was started, including suspends; setting the clock does not change it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ConsentStore:
    """The consents of one journal. The file is opened for each access, so that a removed or damaged one is noticed.

    Every method raises NoConsent where the file is damaged, BadConfiguration where it is a symbolic link or another
    user's, and CannotWrite where the disk refuses.

    Args:
        path: The file; it may be absent.
        tick_s: Returns seconds since the machine was started.
        boot: Returns an id of this start of the machine, or None where that is not known.
    """

    def __init__(
        self, path: Path, *, tick_s: Callable[[], float] = boottime_s, boot: Callable[[], str | None] = boot_id
    ) -> None:
        self.path, self._tick_s, self._boot = path, tick_s, boot
        self._file = ConsentFile(path)
        self.services = Services(self._file)

    def grant(
        self, session: str, notice_version: str, notice_sha256: str, for_s: float, journal: Path | None = None
    ) -> Consent:
        """Record that a person agreed. Of a consent that holds already, the journal's service decides.

        Args:
            session: The session's name, which belongs to one person.
            notice_version: The notice that was shown.
            notice_sha256: Of its bytes, in hexadecimal.
            for_s: For how many seconds it may be recorded, from its beginning; at most `MOST_S`.
            journal: Where the session will be recorded; None: not known, and other consents stay as they are.

        Raises:
            UsageError: The name is impossible, or had a consent before; or the time is too long; or another text was
                agreed to before as this version.
            NoConsent: The kernel gives no id of the machine's start; or another session is being recorded, and the
                journal's service does not let a second consent end it.
        """
        valid_session(session)
        if not 0 < for_s <= MOST_S:
            raise UsageError(f"A consent cannot last {for_s:g} s.", fix=f"Give it for at most {MOST_S / 3600:g} hours.")
        boot = self._boot()
        if boot is None:
            raise NoConsent(
                "The kernel does not say which start of the machine this is: a consent could not run out in time.",
                fix="Let this program read /proc/sys/kernel/random/boot_id.",
            )
        receipt, tick_s, now = os.urandom(8).hex(), self._tick_s(), _now()
        with self._file.changing(create=True) as connection:
            if connection.execute("SELECT 1 FROM sessions WHERE name = ?", (session,)).fetchone():
                raise UsageError(
                    f"Session {session} has been consented to already.", fix="Give each session a name of its own."
                )
            _refuse_other_text(connection, notice_version, notice_sha256)
            if journal is not None:
                self._make_way(connection, journal)
            connection.execute(
                "INSERT INTO receipts VALUES (?, ?, ?, ?, 'granted', ?, NULL)",
                (receipt, now, notice_version, notice_sha256, now),
            )
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (session, os.urandom(16).hex(), receipt, boot, tick_s, tick_s + for_s),
            )
            return self._of(connection, session)

    def refuse_second(self, journal: Path) -> None:
        """Refuse a consent for a journal while another one holds, unless the journal's service lets it end that.

        Raises:
            NoConsent: Another session is being recorded, or waits to be.
        """
        with self._file.opened() as connection:
            self._in_the_way(connection, journal)

    def find(self, session: str) -> Consent | None:
        """Return a session's consent, valid or not; None where there is none."""
        with self._file.opened() as connection:
            return self._find(connection, valid_session(session))

    def of(self, session: str) -> Consent:
        """Return a session's consent, valid or not; raise NoConsent where there is none."""
        with self._file.opened() as connection:
            return self._of(connection, valid_session(session))

    def consents(self) -> list[Consent]:
        """Return every consent whose session is known, in the order in which they were given."""
        with self._file.opened() as connection:
            return [self._consent(row) for row in connection.execute(f"{_CONSENTS} ORDER BY receipts.rowid")]

    def receipts(self) -> list[Receipt]:
        """Return every receipt, in the order in which they were given."""
        with self._file.opened() as connection:
            return [receipt_of(row) for row in connection.execute("SELECT * FROM receipts ORDER BY rowid")]

    def begin(self, session: str, journal: Path, jsonl: Path | None) -> Consent:
        """Note where a session is about to be recorded; after this its camera may be opened.

        Args:
            session: The session's name.
            journal: Its journal.
            jsonl: Its file of JSON lines, or None.

        Raises:
            NoConsent: Its consent is not valid, or part of it was recorded in other files, which a withdrawal would
                not erase any more.
        """
        places = (str(journal), None if jsonl is None else str(jsonl))
        with self._file.changing() as connection:
            consent = self._of(connection, valid_session(session))
            if not consent.valid:
                raise consent.refusal()
            if not consent.fits(journal, jsonl):
                raise NoConsent(
                    f"Session {session} is being recorded in {consent.journal} and {consent.jsonl or 'no other file'}.",
                    fix="Go on with the same --journal and --jsonl.",
                )
            if consent.journal is None:  # the time that was agreed to begins now
                now_s = self._tick_s()
                times = (now_s, now_s + consent.left_s, session)
                connection.execute("UPDATE sessions SET granted_tick_s = ?, until_tick_s = ? WHERE name = ?", times)
            connection.execute(
                "UPDATE sessions SET journal = ?, jsonl = ?, capture = 'running' WHERE name = ?", (*places, session)
            )
            return self._of(connection, session)

    def note(self, session: str, capture: CaptureState) -> None:
        """Note how far the capture of a session has come; without effect where the session was forgotten."""
        with self._file.changing() as connection:
            connection.execute("UPDATE sessions SET capture = ? WHERE name = ?", (capture.value, session))

    def end(self, session: str, state: ConsentState) -> Consent:
        """Let a consent be over: it never becomes valid again.

        On a full disk the room is used that the journal holds in reserve.

        Args:
            session: The session's name.
            state: What became of the consent; a withdrawal replaces any other state, and nothing replaces it.

        Raises:
            NoConsent: There is no consent for the session.
        """
        try:
            return self._ended(session, state)
        except DiskFull:
            if not self._file.make_room():
                raise
        return self._ended(session, state)

    def _ended(self, session: str, state: ConsentState) -> Consent:
        with self._file.changing() as connection:
            was = self._of(connection, valid_session(session)).receipt
            if was.state is ConsentState.GRANTED or ConsentState.WITHDRAWN is state is not was.state:
                _note_state(connection, was.id, state)
            return self._of(connection, session)

    def forget(self, session: str) -> None:
        """Delete the session's name and verify that; its receipt stays. Without effect where that was done before.

        Call it once nothing of the session is kept any more.

        Raises:
            CannotWrite: The name can still be read in the file.
        """
        with self._file.changing() as connection:
            row = connection.execute("SELECT mark, receipt_id FROM sessions WHERE name = ?", (session,)).fetchone()
            if row is None:
                return
            connection.execute("DELETE FROM sessions WHERE name = ?", (session,))
            withdrawn = (_now(), row["receipt_id"])
            connection.execute("UPDATE receipts SET erased_at = ? WHERE id = ? AND state = 'withdrawn'", withdrawn)
        if self._file.holds(row["mark"]):
            with self._file.opened(to_write=True) as connection:
                connection.execute("VACUUM")
            if self._file.holds(row["mark"]):
                raise CannotWrite(
                    f"The session's name can still be read in {self.path}.", fix="Close what holds it open."
                )

    def erasing(self, wait_s: float) -> AbstractContextManager[bool]:
        """Hold the lock for erasing; lend False where another process holds it for longer than `wait_s` seconds."""
        return self._file.erasing(wait_s)

    def _make_way(self, connection: sqlite3.Connection, journal: Path) -> None:
        for other in self._in_the_way(connection, journal):
            _note_state(connection, other.receipt.id, ConsentState.ENDED)

    def _in_the_way(self, connection: sqlite3.Connection, journal: Path) -> list[Consent]:
        """The consents that a second one for a journal ends. Raises NoConsent where it must not end them."""
        consents = map(self._consent, connection.execute(_CONSENTS))
        valid = [consent for consent in consents if consent.valid and consent.journal in (None, journal)]
        service = service_in(connection, journal)
        if valid and (service is None or service.second is SecondConsent.REFUSE):
            (other, *_) = valid
            state = "waits to be recorded" if other.journal is None else "is being recorded"
            raise NoConsent(
                f"Session {other.session} {state}, and one person is recorded at a time.",
                fix=f"End it first: edge-consent end {other.session}.",
            )
        return valid

    def _find(self, connection: sqlite3.Connection, session: str) -> Consent | None:
        row = connection.execute(f"{_CONSENTS} WHERE name = ?", (session,)).fetchone()
        return None if row is None else self._consent(row)

    def _of(self, connection: sqlite3.Connection, session: str) -> Consent:
        found = self._find(connection, session)
        if found is None:
            raise NoConsent(
                f"There is no consent for session {session} in {self.path}.",
                fix=f"edge-consent grant {session} --notice-version VERSION records one; edge-consent show shows all.",
            )
        return found

    def _consent(self, row: sqlite3.Row) -> Consent:
        return consent_of(row, self._tick_s(), self._boot())


def _refuse_other_text(connection: sqlite3.Connection, version: str, sha256: str) -> None:
    """Refuse a notice whose version stands for other bytes in an earlier receipt."""
    other = "SELECT 1 FROM receipts WHERE notice_version = ? AND notice_sha256 != ?"
    if connection.execute(other, (version, sha256)).fetchone():
        raise UsageError(
            f"Notice {version} was changed after people had agreed to it.",
            fix="Restore that text, and save the changed one as a new version.",
        )


def _note_state(connection: sqlite3.Connection, receipt: str, state: ConsentState) -> None:
    changed = (state.value, _now(), receipt)
    connection.execute("UPDATE receipts SET state = ?, changed_at = ? WHERE id = ?", changed)


def _now() -> str:
    return utc_text(datetime.now(UTC), "seconds")
