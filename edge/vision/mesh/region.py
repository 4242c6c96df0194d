"""The square of a frame that the mesh's network is given: around a detected face, or around the last mesh.

Both are those of MediaPipe's graph face_landmark_front_cpu (mediapipe 0.10.18): a square of 1.5 times the longer side
of the face's box, rotated so that the line through the eyes is level.
"""

from math import atan2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.vision.region import Region

_MARGIN: Final = 1.5  # RectTransformationCalculator: scale_x, scale_y, square_long
_RIGHT_EYE, _LEFT_EYE = 33, 263  # the outer corners


def region_of_detection(face: Detection) -> Region:
    """Return the region around a detected face; MediaPipe's subgraph FaceDetectionFrontDetectionToRoi."""
    right, left = face.keypoints.right_eye, face.keypoints.left_eye
    side = max(face.box.width, face.box.height) * _MARGIN
    return Region(*face.box.centre, side, atan2(left[1] - right[1], left[0] - right[0]))


def region_of_mesh(points: NDArray[np.float32]) -> Region:
    """Return the region around a mesh, for the next frame; MediaPipe's subgraph FaceLandmarkLandmarksToRoi.

    Args:
        points: (468, 3), or (468, 2), in pixels of the frame.
    """
    (left, top), (right, bottom) = points[:, :2].min(axis=0).tolist(), points[:, :2].max(axis=0).tolist()
    across_x, across_y = (points[_LEFT_EYE, :2] - points[_RIGHT_EYE, :2]).tolist()
    side = max(right - left, bottom - top) * _MARGIN
    return Region((left + right) / 2, (top + bottom) / 2, side, atan2(across_y, across_x))
