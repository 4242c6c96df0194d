"""Which detector is used, and what runs it."""

from enum import StrEnum
from typing import Final

OFFLINE_MEDIAPIPE: Final = "0.10.18"  # the last line seen to send no data: docs/decisions/001-mediapipe-0-10-18.md


class DetectorModel(StrEnum):
    """Which of MediaPipe's two face detectors is used."""

    AUTO = "auto"  # near; far while near finds no face
    NEAR = "near"  # up to about 2 m from the camera
    FAR = "far"  # up to about 5 m


class DetectorRuntime(StrEnum):
    """What runs the detector's network."""

    AUTO = "auto"  # LiteRT
    LITERT = "litert"  # the interpreter of the other networks
    MEDIAPIPE = "mediapipe"  # the package mediapipe, where it is installed
