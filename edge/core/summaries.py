"""A summary: the only thing that is kept of a stretch of time. It has room for figures and for nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What stretch of time a summary is about."""

    WINDOW = "window"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Summary:
    """Expressiveness over a window or a whole session.

    Shares are 0..1. `unreadable` holds the share of the whole length for each reason, and together with
    `readable_share` sums to 1. `emotions` and `levels` hold shares of the readable time, each summing to 1, or 0
    everywhere where nothing was readable; then the three figures about the score and the confidence are None.
    """

    kind: Kind
    session: str
    sequence: int  # 0, 1, 2 ... for a session's windows; for the session, the number of its windows
    started_at: datetime  # UTC
    length_s: float
    frames_read: int
    frames_dropped: int
    readable_share: float
    unreadable: Mapping[str, float]  # every reason of Unreadable
    emotions: Mapping[str, float]  # every label of EMOTIONS
    levels: Mapping[str, float]  # every level of LEVELS
    score_mean: float | None  # standardised score, weighted by time
    score_sd: float | None
    level_changes_per_minute: float | None  # of readable time
    confidence_mean: float | None
    others_max: int  # most other people seen at once
    others_share: float  # share of the length with somebody else in the picture
