"""The table of frames: what was found and read in each, as numbers; no picture and no crop."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from edge.core.face.detection import Detection
from edge.core.face.mesh import Mesh
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Observation, Reading
from edge.core.sessions import StudyLabels
from edge.tables.columns import SCHEMA_VERSION, SUBJECT, VERSION, Column, Table, Type, numbers, texts, whole

_POINTS: Final = ("right_eye", "left_eye", "nose_tip", "mouth_centre", "right_ear", "left_ear")
_BOX: Final = ("left", "top", "width", "height")
_ANGLES: Final = ("yaw", "pitch", "roll")

FRAMES: Final = Table(
    "frames",
    "a frame that was read",
    (
        *SUBJECT,
        *numbers(("offset_s", "when it was taken: seconds from the recording's, or the session's, beginning")),
        *texts(("session", "the session's name")),
        *whole(
            ("frame", "0, 1, 2 ... in the order in which frames were read"),
            ("frames_dropped", "frames right before it that were not read"),
        ),
        Column("taken_at", Type.DATE, "when it was taken; empty for a recording whose date is not known"),
        *numbers(
            *((f"face_{side}_px", f"{side} of the participant's face in the picture, in pixels") for side in _BOX),
            *(
                (f"{point}_{axis}_px", f"{axis} of the {point.replace('_', ' ')}; right and left are the person's own")
                for point in _POINTS
                for axis in "xy"
            ),
            ("face_confidence", "the detector's confidence in the face, 0 to 1"),
        ),
        *whole(("others", "further faces in the frame")),
        *texts(
            ("unreadable", "why the face was not read; empty where it was"),
            ("level", "the level that was read"),
            ("emotion", "the most probable emotion"),
        ),
        *numbers(
            ("score", "the score"),
            *((f"level_{level.value}", f"probability of the level {level.value}") for level in LEVELS),
            *((f"emotion_{emotion}", f"probability of {emotion}") for emotion in EMOTIONS),
            *((f"head_{angle}_deg", f"{angle} of the head in degrees; only with mesh") for angle in _ANGLES),
        ),
        VERSION,
    ),
)


def frame_table(others: Sequence[str] = ()) -> Table:
    """Return FRAMES, with a column after all others for each label of an emotion network that is not of EMOTIONS."""
    further = numbers(*((f"emotion_{label}", f"probability of {label}") for label in others))
    return replace(FRAMES, columns=(*FRAMES.columns, *further))


_FACE: Final = len(_BOX) + 2 * len(_POINTS) + 1


def frame_row(
    observation: Observation,
    number: int,
    origin_s: float,
    session: str,
    recording: str | None,
    labels: StudyLabels,
    others: Sequence[str] = (),
) -> list[Any]:
    """Return a row of FRAMES.

    Args:
        observation: What was found in the frame.
        number: Of the frame, from 0.
        origin_s: The tick from which offsets count.
        session: The session's name.
        recording: The source's name.
        labels: What the session is about.
        others: As of `frame_table`.
    """
    emotions = _emotions(observation.reading)
    return [
        recording,
        labels.participant,
        labels.question,
        labels.segment,
        observation.tick_s - origin_s,
        session,
        number,
        observation.dropped_before,
        observation.taken_at,
        *_face(observation.participant),
        observation.others,
        None if observation.unreadable is None else observation.unreadable.value,
        *_read(observation.reading, emotions),
        *_head(observation.mesh),
        SCHEMA_VERSION,
        *(emotions.get(label) for label in others),
    ]


def _face(face: Detection | None) -> list[float | None]:
    if face is None:
        return [None] * _FACE
    box, points = face.box, face.keypoints
    places = [figure for point in _POINTS for figure in getattr(points, point)]
    return [box.left, box.top, box.width, box.height, *places, face.confidence]


def _emotions(reading: Reading | None) -> dict[str, float]:
    if reading is None or reading.emotions is None:
        return {}
    return dict(zip(reading.labels, reading.emotions, strict=True))


def _read(reading: Reading | None, emotions: Mapping[str, float]) -> list[Any]:
    if reading is None:
        return [None] * (3 + len(LEVELS) + len(EMOTIONS))
    return [reading.level.value, reading.emotion, reading.score, *reading.levels, *map(emotions.get, EMOTIONS)]


def _head(mesh: Mesh | None) -> list[float | None]:
    return [None] * len(_ANGLES) if mesh is None else [getattr(mesh.head, f"{angle}_deg") for angle in _ANGLES]
