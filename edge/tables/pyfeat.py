"""The table of frames under the column names of py-feat, version 0.6 (https://py-feat.org)."""

from dataclasses import replace
from typing import Final

from edge.tables.columns import Table
from edge.tables.frames import FRAMES

PYFEAT: Final = {
    "frame": "frame",
    "recording": "input",
    "face_left_px": "FaceRectX",
    "face_top_px": "FaceRectY",
    "face_width_px": "FaceRectWidth",
    "face_height_px": "FaceRectHeight",
    "face_confidence": "FaceScore",
    "head_pitch_deg": "Pitch",
    "head_roll_deg": "Roll",
    "head_yaw_deg": "Yaw",
    "emotion_angry": "anger",
    "emotion_disgust": "disgust",
    "emotion_fear": "fear",
    "emotion_happy": "happiness",
    "emotion_sad": "sadness",
    "emotion_surprise": "surprise",
    "emotion_neutral": "neutral",
}
"""py-feat's name of each column that it has too."""

_PLACES: Final = {column.name: place for place, column in enumerate(FRAMES.columns)}
PYFEAT_PLACES: Final = tuple(_PLACES[name] for name in PYFEAT)
"""Where the cells of a row of `pyfeat_frames` are in one of FRAMES."""


def pyfeat_frames() -> Table:
    """Return FRAMES with the columns that py-feat has, under its names and in its order."""
    named = zip(PYFEAT_PLACES, PYFEAT.values(), strict=True)
    columns = tuple(replace(FRAMES.columns[place], name=name) for place, name in named)
    return replace(FRAMES, columns=columns)
