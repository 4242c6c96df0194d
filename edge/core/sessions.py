"""Sessions: the time from the start to the end of a run, as a journal records it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from edge.core.choices.purpose import Purpose
from edge.core.errors import UsageError
from edge.core.gaps import Gap
from edge.core.summaries import Summary

NOT_SHIPPED: Final = ", models not shipped"  # behind the name and version of the software
SESSION_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SessionState(StrEnum):
    """The state of a session."""

    OPEN = "open"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # the program was killed; what was committed until then is kept


@dataclass(frozen=True, slots=True)
class StudyLabels:
    """What a session is about in a study, in the words of whoever conducts it; None: not given."""

    participant: str | None = None
    question: str | None = None
    segment: str | None = None  # of the recording, where the session is only this part of it


UNLABELLED: Final = StudyLabels()


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session of a journal. Two sessions may have the same name, but not the same `id`."""

    id: int
    name: str
    state: SessionState
    started_at: datetime | None  # UTC; None: of a recording without a date
    window_s: float
    software: str  # version of the program that wrote it, and whether its models were not the shipped ones
    source: str | None
    windows: int  # number of windows that are kept
    summary: Summary | None  # of an open session: so far; None without a closed window, or where all are sealed
    boot_id: str | None = None  # ticks of the same boot can be compared; None: unknown
    clock_synchronised: bool | None = None  # whether the dates are certain; None: unknown
    purpose: Purpose | None = None  # None: written by a version without purposes
    sealed: int = 0  # number of sealed summaries, opened or not
    sealed_length_s: float | None = None  # until its last window ended, where no summary can be read
    written_at: datetime | None = None  # when a recording was read (UTC); None: a live source
    labels: StudyLabels = UNLABELLED
    segments: int = 0  # number of segments that are kept
    fingerprint: str | None = None  # of the work whose result it is, as edge.analysis makes it; None: of no analysis
    started_tick_s: float | None = None  # that of its summary, where nothing else of it was read

    @property
    def recorded(self) -> bool:
        """Whether the source was a recording: ticks are offsets in it, and dates, where there are any, are its own."""
        return self.written_at is not None

    @property
    def shipped(self) -> bool:
        """Whether it was read with the models that were shipped with that version."""
        return not self.software.endswith(NOT_SHIPPED)

    @property
    def truncated(self) -> bool:
        """Whether the recording ended before the frames that it announces, as far as a summary can be read."""
        return self.summary is not None and self.summary.truncated

    @property
    def ended_at(self) -> datetime | None:
        """The end (UTC) of the last window that is kept; None for an open session, or one without windows or dates.

        It includes the time for which the machine was suspended, which a summary's length does not.
        """
        if self.state == SessionState.OPEN or self.summary is None:
            return None if self.state == SessionState.OPEN else self._sealed_end
        summary, length_s = self.summary, self.summary.length_s
        if summary.started_at is None:
            return None
        if summary.started_tick_s is not None and summary.ended_tick_s is not None:
            length_s = summary.ended_tick_s - summary.started_tick_s  # longer than what is kept, where some was lost
        return summary.started_at + timedelta(seconds=length_s + summary.gaps.get(Gap.SUSPENDED.value, 0))

    @property
    def _sealed_end(self) -> datetime | None:
        if self.started_at is None or self.sealed_length_s is None:
            return None
        return self.started_at + timedelta(seconds=self.sealed_length_s)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sessions are read: those that fit everything that is not None."""

    name: str | None = None
    participant: str | None = None
    since: datetime | None = None  # UTC: they began then or later, or, without a date of their own, were read then


EVERY: Final = Chosen()


@dataclass(frozen=True, slots=True)
class JournalNotice:
    """An event that concerns the readers of a journal, such as damage that was repaired."""

    noticed_at: datetime  # UTC
    text: str


def valid_session(name: str) -> str:
    """Return the name of a session if it is valid: 1 to 64 of the letters A-Z and a-z, digits, `_` and `-`.

    Raises:
        UsageError: It is not.
    """
    if SESSION_NAME.fullmatch(name) is None:
        raise UsageError(
            f"A session cannot be called {name[:80]!a}.",
            fix="Use 1 to 64 of the letters A-Z and a-z, digits, _ and -.",
        )
    return name
