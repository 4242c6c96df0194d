"""The mesh of a face in one frame: its points, and the figures that follow from them."""

from dataclasses import dataclass
from math import acos, cos, degrees, radians

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where a head faces, relative to the line from it to the camera: at 0, 0, 0 it faces the lens.

    The head is turned by the yaw about its vertical axis, then by the pitch about the line through its ears, then by
    the roll about the line of its nose.

    Attributes:
        yaw_deg: -180 to 180; positive to the picture's right.
        pitch_deg: -90 to 90; positive upwards.
        roll_deg: -180 to 180; positive clockwise in the picture.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float

    @property
    def aside_deg(self) -> float:
        """The angle between the direction that the head faces and the line to the camera, 0 to 180 degrees."""
        return degrees(acos(cos(radians(self.yaw_deg)) * cos(radians(self.pitch_deg))))


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The points of one face, and what they say of head, eyes and mouth; right and left are the subject's own.

    Attributes:
        points: (468, 3), in pixels of the frame: x to the right, y down, z away from the camera, 0 at about the middle
            of the head. Their order is that of MediaPipe's canonical face model.
        presence: How sure the network is of a face, 0 to 1.
        head: Where the head faces.
        right_eye_opening, left_eye_opening: Height over width of the eye: about 0.3 open, below 0.15 closed.
        mouth_opening: Height over width of the gap between the lips: 0 closed, about 0.6 wide open.
        smile: How far the corners of the mouth are drawn apart and up, in widths of the eyes.
    """

    points: NDArray[np.float32]
    presence: float
    head: HeadPose
    right_eye_opening: float
    left_eye_opening: float
    mouth_opening: float
    smile: float
