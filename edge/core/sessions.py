"""A session: the stretch of time between start and end of a run, and what is known of it besides its summaries."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from edge.core.errors import UsageError
from edge.core.gaps import Gap
from edge.core.purpose import Purpose
from edge.core.summaries import Summary

SESSION_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SessionState(StrEnum):
    """How far a session has come."""

    OPEN = "open"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"  # the program was killed; what was committed until then is there


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session of a journal. Names may occur again, on another day; `id` may not."""

    id: int
    name: str
    state: SessionState
    started_at: datetime  # UTC
    window_s: float
    software: str  # version of the program that wrote it
    source: str | None
    windows: int  # how many are kept
    summary: Summary | None  # of an open session: so far; None where no window was closed yet, or all are sealed
    boot_id: str | None = None  # ticks of one boot can be compared; None where it was not known
    clock_synchronised: bool | None = None  # whether its dates are certain; None where that was not known
    purpose: Purpose | None = None  # None where an earlier version did not ask
    sealed: int = 0  # how many of its summaries are sealed, whether or not they could be opened
    seen_until: datetime | None = None  # when the last window ended (UTC), where no summary can be read

    @property
    def ended_at(self) -> datetime | None:
        """When the last window that is kept ended (UTC); None while the session is open, and where there is none.

        Time for which the machine slept counts here, and in no summary's length.
        """
        if self.state == SessionState.OPEN or self.summary is None:
            return None if self.state == SessionState.OPEN else self.seen_until
        summary, length_s = self.summary, self.summary.length_s
        if summary.started_tick_s is not None and summary.ended_tick_s is not None:
            length_s = summary.ended_tick_s - summary.started_tick_s  # longer than what is kept, where some was lost
        return summary.started_at + timedelta(seconds=length_s + summary.gaps.get(Gap.SUSPENDED.value, 0))


@dataclass(frozen=True, slots=True)
class JournalNotice:
    """Something that happened to a journal and that whoever reads it has to know."""

    noticed_at: datetime  # UTC
    text: str


def valid_session(name: str) -> str:
    """The name itself, if it is 1 to 64 of the letters A-Z and a-z, digits, `_` and `-`; otherwise UsageError."""
    if SESSION_NAME.fullmatch(name) is None:
        raise UsageError(
            f"A session cannot be called {name[:80]!a}.",
            fix="Use 1 to 64 of the letters A-Z and a-z, digits, _ and -.",
        )
    return name
