"""Segments: named stretches of a session, each from one marker to the next."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.windowing.tally import Tally


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker: here a segment begins, and the one before it ends."""

    tick_s: float  # on the clock of the source's frames; in a recording, seconds from its beginning
    name: str | None  # of the segment; None: only the one before it ends


@dataclass(slots=True)
class OpenSegment:
    """The segment that has begun and not ended."""

    name: str
    sequence: int
    tally: Tally
    started_tick_s: float
    started_at: datetime | None
