"""What a report shows of a session."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.sessions import SessionRecord
from edge.core.summaries import Sealed, Summary


@dataclass(frozen=True, slots=True)
class ReportedSession:
    """A session and those of its windows and segments that a report shows."""

    session: SessionRecord
    windows: Iterable[Summary | Sealed] = ()  # iterated once, so that months of them need no memory
    segments: Iterable[Summary | Sealed] = ()
