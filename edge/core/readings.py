"""What was read in a frame: an emotion and a level of a face, or the reason why there is none."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.faces import Detection
from edge.core.labels import Level


class Unreadable(StrEnum):
    """Why a stretch of time has no reading. Such time is never counted as any level."""

    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    NOT_SURE = "not_sure"
    NO_SIGNAL = "no_signal"  # the picture is black, or the lens is covered
    NO_FRAMES = "no_frames"  # the source delivered nothing: nobody looked


@dataclass(frozen=True, slots=True)
class Reading:
    """One face's expression. Shares are probabilities that sum to 1, in the order of EMOTIONS and LEVELS.

    Where the purpose is assessment, `emotions` and `emotion` are None: they were not computed.
    """

    emotions: tuple[float, ...] | None  # 7 probabilities
    levels: tuple[float, ...]  # 3 probabilities
    score: float  # standardised expressiveness; `level` follows from it
    emotion: str | None  # the most probable emotion
    level: Level
    confidence: float  # 0..1, the probability of `level`


@dataclass(frozen=True, slots=True)
class Observation:
    """What one frame showed. Exactly one of `reading` and `unreadable` is set; nobody there is an observation too."""

    tick_s: float  # the frame's
    taken_at: datetime  # the frame's
    participant: Detection | None
    others: int  # further faces in the frame
    reading: Reading | None
    unreadable: Unreadable | None
    dropped_before: int = 0  # the frame's
