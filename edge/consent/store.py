"""The consent store: which sessions may be watched, until when, and receipts that name nobody.

`consent.sqlite` beside the journal has two tables. `receipts` stays: when somebody agreed to which notice, and what
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
from edge.consent.types import Capture, Consent, ConsentState, Receipt
from edge.core.errors import CannotWrite, NoConsent, UsageError
from edge.core.sessions import valid_session
from edge.core.summaries import utc_text
from edge.host.boot import boot_id
from edge.host.private_files import DiskFull
from edge.journal.schema import transaction

_CONSENTS: Final = "SELECT * FROM sessions JOIN receipts ON receipts.id = receipt_id"


def consent_path(journal: Path) -> Path:
    """Where the consents for a journal are."""
    return journal.absolute().with_name("consent.sqlite")


def boottime_s() -> float:
    """Seconds since the machine was started, those included in which it slept; no clock that is set moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ConsentStore:
    """The file of consents. It is opened for each question, so that a removed or damaged one is noticed at once.

    Every method raises NoConsent where the file cannot be understood, BadConfiguration for a symbolic link or another
    user's file, and CannotWrite where the disk refuses. `boot` tells one start of the machine from the next.
    """

    def __init__(
        self, path: Path, *, tick_s: Callable[[], float] = boottime_s, boot: Callable[[], str | None] = boot_id
    ) -> None:
        self.path, self._tick_s, self._boot = path, tick_s, boot
        self._file = ConsentFile(path)

    def grant(self, session: str, notice_version: str, notice_sha256: str, for_s: float) -> Consent:
        """Record that a person agreed, for so many seconds of this start of the machine.

        Raises UsageError for an impossible name and for one that has had consent before: a name belongs to one person.
        """
        valid_session(session)
        boot = self._boot()
        if boot is None:
            raise NoConsent(
                "The kernel does not say which start of the machine this is: a consent could not run out in time.",
                fix="Let this program read /proc/sys/kernel/random/boot_id.",
            )
        receipt, tick_s, now = os.urandom(8).hex(), self._tick_s(), _now()
        with self._changing(create=True) as ask:
            if ask.execute("SELECT 1 FROM sessions WHERE name = ?", (session,)).fetchone():
                raise UsageError(
                    f"Session {session} has been consented to already.", fix="Give each session a name of its own."
                )
            ask.execute(
                "INSERT INTO receipts VALUES (?, ?, ?, ?, 'granted', ?, NULL)",
                (receipt, now, notice_version, notice_sha256, now),
            )
            ask.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (session, os.urandom(16).hex(), receipt, boot, tick_s, tick_s + for_s),
            )
            return self._of(ask, session)

    def find(self, session: str) -> Consent | None:
        """A session's consent, valid or not; None where there is none."""
        with self._file.opened() as ask:
            return self._find(ask, valid_session(session))

    def of(self, session: str) -> Consent:
        """The same; raises NoConsent where there is none."""
        with self._file.opened() as ask:
            return self._of(ask, valid_session(session))

    def consents(self) -> list[Consent]:
        """Every consent whose session is known, in the order in which they were given."""
        with self._file.opened() as ask:
            return [self._consent(row) for row in ask.execute(f"{_CONSENTS} ORDER BY receipts.rowid")]

    def receipts(self) -> list[Receipt]:
        """Every receipt, in the order in which they were given."""
        with self._file.opened() as ask:
            return [_receipt(row) for row in ask.execute("SELECT * FROM receipts ORDER BY rowid")]

    def begin(self, session: str, journal: Path, jsonl: Path | None) -> Consent:
        """Note where a session is about to be recorded; after this its camera may be opened.

        Raises NoConsent where its consent is not valid, or something of it is recorded elsewhere, where a withdrawal
        would not look for it any more.
        """
        places = (str(journal), None if jsonl is None else str(jsonl))
        with self._changing() as ask:
            consent = self._of(ask, valid_session(session))
            if not consent.valid:
                raise consent.refusal()
            if not consent.fits(journal, jsonl):
                raise NoConsent(
                    f"Session {session} is being recorded in {consent.journal} and {consent.jsonl or 'no other file'}.",
                    fix="Go on with the same --journal and --jsonl.",
                )
            ask.execute(
                "UPDATE sessions SET journal = ?, jsonl = ?, capture = 'running' WHERE name = ?", (*places, session)
            )
            return self._of(ask, session)

    def note(self, session: str, capture: Capture) -> None:
        """Note how far the capture of a session has come; nothing happens where it was forgotten meanwhile."""
        with self._changing() as ask:
            ask.execute("UPDATE sessions SET capture = ? WHERE name = ?", (capture.value, session))

    def end(self, session: str, state: ConsentState) -> Consent:
        """Let a consent be over: it never becomes valid again. A withdrawal goes before everything else.

        On a full disk the room that the journal holds in reserve is used. Raises NoConsent where there is no consent.
        """
        try:
            return self._ended(session, state)
        except DiskFull:
            if not self._file.make_room():
                raise
        return self._ended(session, state)

    def _ended(self, session: str, state: ConsentState) -> Consent:
        with self._changing() as ask:
            was = self._of(ask, valid_session(session)).receipt
            if was.state is ConsentState.GRANTED or ConsentState.WITHDRAWN is state is not was.state:
                changed = (state.value, _now(), was.id)
                ask.execute("UPDATE receipts SET state = ?, changed_at = ? WHERE id = ?", changed)
            return self._of(ask, session)

    def forget(self, session: str) -> None:
        """Delete the session's name, and look for it in the file; its receipt stays. CannotWrite if it is still there.

        To be called once nothing of the session is kept any more; nothing happens where that was done before.
        """
        with self._changing() as ask:
            row = ask.execute("SELECT mark, receipt_id FROM sessions WHERE name = ?", (session,)).fetchone()
            if row is None:
                return
            ask.execute("DELETE FROM sessions WHERE name = ?", (session,))
            withdrawn = (_now(), row["receipt_id"])
            ask.execute("UPDATE receipts SET erased_at = ? WHERE id = ? AND state = 'withdrawn'", withdrawn)
        if self._file.holds(row["mark"]):
            with self._file.opened(to_write=True) as ask:
                ask.execute("VACUUM")
            if self._file.holds(row["mark"]):
                raise CannotWrite(
                    f"The session's name can still be read in {self.path}.", fix="Close what holds it open."
                )

    def erasing(self, wait_s: float) -> AbstractContextManager[bool]:
        """Hold the lock of those who erase; lends False where another holds it for longer than `wait_s`."""
        return self._file.erasing(wait_s)

    def _find(self, ask: sqlite3.Connection, session: str) -> Consent | None:
        row = ask.execute(f"{_CONSENTS} WHERE name = ?", (session,)).fetchone()
        return None if row is None else self._consent(row)

    def _of(self, ask: sqlite3.Connection, session: str) -> Consent:
        found = self._find(ask, session)
        if found is None:
            raise NoConsent(
                f"There is no consent for session {session} in {self.path}.",
                fix=f"edge-consent grant {session} --notice-version VERSION records one; edge-consent show shows all.",
            )
        return found

    def _consent(self, row: sqlite3.Row) -> Consent:
        receipt, tick_s = _receipt(row), self._tick_s()
        granted_s, until_s = float(row["granted_tick_s"]), float(row["until_tick_s"])
        running = receipt.state is ConsentState.GRANTED and row["boot_id"] == self._boot()
        left_s = until_s - tick_s if running and granted_s <= tick_s < until_s else 0.0
        journal, jsonl = (None if row[name] is None else Path(row[name]) for name in ("journal", "jsonl"))
        capture = None if row["capture"] is None else Capture(row["capture"])
        return Consent(row["name"], receipt, left_s, journal, jsonl, capture)

    @contextmanager
    def _changing(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        with self._file.opened(to_write=True, create=create) as ask, transaction(ask):
            yield ask


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
