"""Landmark features: the points of a face's mesh as one vector, without its place, size and tilt in the picture."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

POINTS: Final = 468
FEATURES: Final = 3 * POINTS

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
    right, left = points[list(_RIGHT_EYE)].mean(axis=0), points[list(_LEFT_EYE)].mean(axis=0)
    across = left - right
    apart = float(np.linalg.norm(across)) or 1e-6  # points that all coincide are no face, and divide by nothing
    level = float(np.hypot(across[0], across[1])) or 1e-6
    cos, sin = across[0] / level, across[1] / level
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)
    return np.asarray((points - (right + left) / 2) @ turn / apart, np.float32).reshape(FEATURES)
