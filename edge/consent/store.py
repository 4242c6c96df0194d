"""The consent store: which sessions may be recorded, until when, and receipts without names.

`consent.sqlite` beside the journal has two tables. `receipts` stays: when a person agreed to which notice, and what
became of that. `sessions` leads from a session's name to its receipt, and that row is deleted with the session.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.consent.database import ConsentFile
from edge.consent.types import CaptureState, Consent, ConsentState, Receipt
from edge.core.errors import CannotWrite, NoConsent, UsageError
from edge.core.sessions import valid_session
from edge.core.summaries import utc_text
from edge.host.boot import boot_id
from edge.host.private_files import DiskFull
from edge.journal.schema import transaction

MOST_S: Final = 24 * 3600.0  # for which a consent can be given
_ROUNDED_S: Final = 1.0  # more than a sum of two ticks is off by

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

    def grant(self, session: str, notice_version: str, notice_sha256: str, for_s: float) -> Consent:
        """Record that a person agreed.

        Args:
            session: The session's name, which belongs to one person.
            notice_version: The notice that was shown.
            notice_sha256: Of its bytes, in hexadecimal.
            for_s: For how many seconds of this start of the machine; at most `MOST_S`.

        Raises:
            UsageError: The name is impossible, or had a consent before; or the time is too long.
            NoConsent: The kernel gives no id of the machine's start.
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
        with self._changing(create=True) as connection:
            if connection.execute("SELECT 1 FROM sessions WHERE name = ?", (session,)).fetchone():
                raise UsageError(
                    f"Session {session} has been consented to already.", fix="Give each session a name of its own."
                )
            connection.execute(
                "INSERT INTO receipts VALUES (?, ?, ?, ?, 'granted', ?, NULL)",
                (receipt, now, notice_version, notice_sha256, now),
            )
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (session, os.urandom(16).hex(), receipt, boot, tick_s, tick_s + for_s),
            )
            return self._of(connection, session)

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
            return [_receipt(row) for row in connection.execute("SELECT * FROM receipts ORDER BY rowid")]

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
        with self._changing() as connection:
            consent = self._of(connection, valid_session(session))
            if not consent.valid:
                raise consent.refusal()
            if not consent.fits(journal, jsonl):
                raise NoConsent(
                    f"Session {session} is being recorded in {consent.journal} and {consent.jsonl or 'no other file'}.",
                    fix="Go on with the same --journal and --jsonl.",
                )
            connection.execute(
                "UPDATE sessions SET journal = ?, jsonl = ?, capture = 'running' WHERE name = ?", (*places, session)
            )
            return self._of(connection, session)

    def note(self, session: str, capture: CaptureState) -> None:
        """Note how far the capture of a session has come; without effect where the session was forgotten."""
        with self._changing() as connection:
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
        with self._changing() as connection:
            was = self._of(connection, valid_session(session)).receipt
            if was.state is ConsentState.GRANTED or ConsentState.WITHDRAWN is state is not was.state:
                changed = (state.value, _now(), was.id)
                connection.execute("UPDATE receipts SET state = ?, changed_at = ? WHERE id = ?", changed)
            return self._of(connection, session)

    def forget(self, session: str) -> None:
        """Delete the session's name and verify that; its receipt stays. Without effect where that was done before.

        Call it once nothing of the session is kept any more.

        Raises:
            CannotWrite: The name can still be read in the file.
        """
        with self._changing() as connection:
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
        receipt, tick_s = _receipt(row), self._tick_s()
        granted_s, until_s = float(row["granted_tick_s"]), float(row["until_tick_s"])
        if not 0 <= until_s - granted_s <= MOST_S + _ROUNDED_S:
            raise ValueError("a consent in it is longer than one can be given")
        running = receipt.state is ConsentState.GRANTED and row["boot_id"] == self._boot()
        left_s = until_s - tick_s if running and granted_s <= tick_s < until_s else 0.0
        journal, jsonl = (None if row[name] is None else Path(row[name]) for name in ("journal", "jsonl"))
        capture = None if row["capture"] is None else CaptureState(row["capture"])
        return Consent(row["name"], receipt, left_s, journal, jsonl, capture)

    @contextmanager
    def _changing(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        with self._file.opened(to_write=True, create=create) as connection, transaction(connection):
            yield connection


def _receipt(row: sqlite3.Row) -> Receipt:
    erased = row["erased_at"]
    return Receipt(
        row["id"],
        _date(row["granted_at"]),
        row["notice_version"],
        row["notice_sha256"],
        ConsentState(row["state"]),
        _date(row["changed_at"]),
        None if erased is None else _date(erased),
    )


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _now() -> str:
    return utc_text(datetime.now(UTC), "seconds")
