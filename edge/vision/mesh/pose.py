"""Where a head faces, from the points of its mesh: perspective-n-point against MediaPipe's canonical face model."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import asin, atan2, degrees, radians, tan
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.mesh import HeadPose

# The view of a usual webcam or of Raspberry Pi's camera modules over the longer side of the picture. The angles hardly
# depend on it, as they are relative to the line to the camera: see docs/decisions/039-face-mesh.md.
_USUAL_VIEW_DEG: Final = 65.0

_NO_DISTORTION: Final = np.zeros(4)

# The canonical model has x to the right of the picture, y up, z towards the camera; OpenCV's camera the other two
# the other way round.
_Y_AND_Z_TURNED: Final = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """Points of the canonical face model that an expression moves little.

    Attributes:
        indices: (n,), their places in a mesh.
        points: (n, 3), in centimetres.
    """

    indices: NDArray[np.intp]
    points: NDArray[np.float64]


@cache
def canonical_face() -> CanonicalFace:
    """Read the points from the file beside this one, which names their origin and licence."""
    stored = json.loads((files(__package__) / "canonical_face.json").read_text(encoding="utf-8"))["points"]
    return CanonicalFace(np.array([int(index) for index in stored], np.intp), np.array([*stored.values()], np.float64))


def usual_focal_px(width: int, height: int) -> float:
    """The focal length of a usual lens, in pixels of a frame of that size."""
    return max(width, height) / 2 / tan(radians(_USUAL_VIEW_DEG) / 2)


def head_pose(points: NDArray[np.float32], width: int, height: int, focal_px: float | None = None) -> HeadPose:
    """Return where a head faces.

    Of all poses it is the one whose projection lies nearest to 33 points of the mesh, those that MediaPipe's geometry
    pipeline uses: EPnP (Lepetit et al. 2009, doi:10.1007/s11263-008-0152-6), refined by Levenberg and Marquardt's
    method.

    Args:
        points: (468, 3), as of `Mesh.points`; z is not used.
        width, height: The frame's size, in pixels.
        focal_px: Focal length of the lens in pixels; by default that of a usual one.
    """
    face = canonical_face()
    focal = usual_focal_px(width, height) if focal_px is None else focal_px
    lens = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    seen = points[face.indices, :2].astype(np.float64)
    _, rotation, place = cv2.solvePnP(face.points, seen, lens, _NO_DISTORTION, flags=cv2.SOLVEPNP_EPNP)
    rotation, place = cv2.solvePnPRefineLM(face.points, seen, lens, _NO_DISTORTION, rotation, place)
    turn = _Y_AND_Z_TURNED @ np.asarray(cv2.Rodrigues(rotation)[0])
    return _pose_of(_axes_towards_camera(_Y_AND_Z_TURNED @ place.ravel()).T @ turn)


def _axes_towards_camera(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes (as columns) of a head at `place` that faces the camera upright."""
    ahead = -place / np.linalg.norm(place)
    level = np.cross((0.0, 1.0, 0.0), ahead)
    right = level / np.linalg.norm(level)
    return np.stack([right, np.cross(ahead, right), ahead], axis=1)


def _pose_of(turn: NDArray[np.float64]) -> HeadPose:
    """The angles of a rotation that is a yaw, then a pitch, then a roll about the head's own axes."""
    ahead_x, ahead_y, ahead_z = turn[:, 2].tolist()
    level = np.cross((0.0, 1.0, 0.0), turn[:, 2])  # where the head's right-hand axis would be without a roll
    return HeadPose(
        yaw_deg=degrees(atan2(ahead_x, ahead_z)),
        pitch_deg=degrees(asin(min(max(ahead_y, -1.0), 1.0))),
        roll_deg=degrees(atan2(float(turn[:, 1] @ level), float(turn[:, 0] @ level))),
    )
