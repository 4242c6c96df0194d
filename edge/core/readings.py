"""Readings: the emotion and the level of a face in one frame, or the reason why there is none."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.face.detection import Detection
from edge.core.face.mesh import Mesh
from edge.core.labels import EMOTIONS, Level, percentile_of


class Unreadable(StrEnum):
    """Why time has no reading. Such time counts as none of the levels."""

    NO_FACE = "no_face"
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    BLURRED = "blurred"
    TURNED_AWAY = "turned_away"
    NOT_SURE = "not_sure"
    NO_SIGNAL = "no_signal"  # the picture is black, or the lens is covered
    NO_FRAMES = "no_frames"  # the source delivered no frames


@dataclass(frozen=True, slots=True)
class Reading:
    """The expression of one face. Probabilities sum to 1, in the order of `labels` and LEVELS.

    The score alone decides: `level` is the third that it lies in, `levels` are the probabilities at it, and `level` is
    always the most probable of them.

    `emotions` and `emotion` are None where the purpose is assessment: then they are not computed.
    """

    emotions: tuple[float, ...] | None  # a probability for each of `labels`
    levels: tuple[float, ...]  # 3 probabilities
    score: float  # a normal score with its tertiles at the levels' thresholds; without end on both sides
    emotion: str | None  # the most probable emotion
    level: Level
    confidence: float  # 0..1, the probability of `level`
    labels: tuple[str, ...] = EMOTIONS  # of `emotions`: those of the emotion network's card

    @property
    def percentile(self) -> float:
        """The score for people: the percentage of the training faces with a lower one, 0..100."""
        return percentile_of(self.score)


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one frame. Exactly one of `reading` and `unreadable` is set; a frame without a face has one too."""

    tick_s: float  # the frame's
    taken_at: datetime | None  # the frame's
    participant: Detection | None  # the face that is tracked
    others: int  # further faces in the frame
    reading: Reading | None
    unreadable: Unreadable | None
    dropped_before: int = 0  # the frame's
    other_faces: tuple[Detection, ...] = ()  # where the others are, for the screen; not kept
    stress: float | None = None  # 0..1, of the last window, where the folder of models has a network over time
    mesh: Mesh | None = None  # the participant's, where the setting `mesh` loads it and it was found; not kept
