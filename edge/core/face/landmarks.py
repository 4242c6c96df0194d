"""Landmark features: points of a face's mesh and of the body's pose, as numbers without their place in the picture.

1,536 numbers: 468 points of the face with x, y and z, then 33 of the body with x, y, z and their visibility.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

POINTS: Final = 468
FEATURES: Final = 3 * POINTS  # of the face
POSE_POINTS: Final = 33
POSE_FEATURES: Final = 4 * POSE_POINTS
ALL_FEATURES: Final = FEATURES + POSE_FEATURES

# Corners of the eyes, as in `edge.vision.mesh.figures`; right and left are the subject's own.
_RIGHT_EYE: Final = (33, 133)
_LEFT_EYE: Final = (362, 263)


def landmark_features(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features of a mesh.

    The points are moved so that the middle between the eyes is 0, rotated in the picture's plane so that the line
    through the eyes is level, and divided by the distance between the eyes in three dimensions.

    Args:
        points: (468, 3), as of `edge.core.face.mesh.Mesh.points`.

    Returns:
        (1404,): x, y and z of the first point, of the second, and so on, in distances between the eyes.
    """
    return _Eyes.of(points).levelled(points).reshape(FEATURES)


def pose_features(pose: NDArray[np.float32], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features of a pose beside those of a mesh: moved, rotated and divided as these.

    Args:
        pose: (33, 4), as `edge.vision.body.pose.BodyPose` returns it, in the mesh's picture.
        points: (468, 3), as of `landmark_features`.

    Returns:
        (132,): x, y, z and visibility of the first point, of the second, and so on. z is 0 at the hips.
    """
    eyes = _Eyes.of(points)
    features = pose.copy()
    features[:, :3] = eyes.levelled(pose[:, :3] + (0, 0, eyes.middle[2]))
    return features.reshape(POSE_FEATURES)


@dataclass(frozen=True, slots=True, eq=False)
class _Eyes:
    """Where the eyes of a mesh are: their middle (3,), their distance, and the direction of their line."""

    middle: NDArray[np.float32]
    apart: float
    cos: float
    sin: float

    @classmethod
    def of(cls, points: NDArray[np.float32]) -> Self:
        right, left = points[list(_RIGHT_EYE)].mean(axis=0), points[list(_LEFT_EYE)].mean(axis=0)
        across = left - right
        apart = float(np.linalg.norm(across)) or 1e-6  # points that all coincide are no face, and divide by nothing
        level = float(np.hypot(across[0], across[1])) or 1e-6
        return cls((right + left) / 2, apart, across[0] / level, across[1] / level)

    def levelled(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        turn = np.array([[self.cos, -self.sin, 0], [self.sin, self.cos, 0], [0, 0, 1]], np.float32)
        return np.asarray((points - self.middle) @ turn / self.apart, np.float32)
