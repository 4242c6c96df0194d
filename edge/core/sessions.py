"""A session: the stretch of time between start and end of a run, and what is known of it besides its summaries."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from edge.core.errors import UsageError
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
    summary: Summary | None  # of an open session: so far; None where no window was closed yet


def valid_session(name: str) -> str:
    """The name itself, if it is 1 to 64 of the letters A-Z and a-z, digits, `_` and `-`; otherwise UsageError."""
    if SESSION_NAME.fullmatch(name) is None:
        raise UsageError(
            f"A session cannot be called {name[:80]!a}.",
            fix="Use 1 to 64 of the letters A-Z and a-z, digits, _ and -.",
        )
    return name
