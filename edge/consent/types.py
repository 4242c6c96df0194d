"""A consent to being recorded: for how long, and the receipt that stays of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from edge.core.errors import NoConsent


class ConsentState(StrEnum):
    """What became of a consent."""

    GRANTED = "granted"
    ENDED = "ended"
    EXPIRED = "expired"  # its time is over, or the machine was restarted
    WITHDRAWN = "withdrawn"


class CaptureState(StrEnum):
    """How far the program that records a session has come."""

    RUNNING = "running"
    HANGS = "hangs"  # it reads no frame any more, but the camera's driver has not returned
    OVER = "over"  # the camera is released


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stays of a consent; there is no name in it."""

    id: str  # random
    granted_at: datetime  # UTC
    notice_version: str
    notice_sha256: str  # of the bytes that were shown
    state: ConsentState
    changed_at: datetime  # UTC
    erased_at: datetime | None  # when everything that was recorded under it was erased, and that was verified


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent whose session's name is known: it may be recorded, or something of it may be kept."""

    session: str
    receipt: Receipt
    left_s: float  # until it runs out; 0 once it is over
    journal: Path | None  # where the session is recorded; None before it was
    jsonl: Path | None
    capture: CaptureState | None  # None before the session began

    @property
    def valid(self) -> bool:
        """Whether the session may be recorded now."""
        return self.left_s > 0

    @property
    def state(self) -> ConsentState:
        """What became of it, also where it is not noted yet that its time is over."""
        noted = self.receipt.state
        return ConsentState.EXPIRED if noted is ConsentState.GRANTED and not self.valid else noted

    def fits(self, journal: Path, jsonl: Path | None) -> bool:
        """Return whether the session may be recorded in these files: it was recorded there before, or nowhere."""
        return self.journal is None or (self.journal, self.jsonl) == (journal, jsonl)

    def refusal(self) -> NoConsent:
        """Return the error about a consent that is not valid any more."""
        return NoConsent(
            f"The consent for session {self.session} is over: {self.state}.",
            fix="Ask again, for a session of another name: edge-consent grant NAME --notice-version VERSION.",
        )
