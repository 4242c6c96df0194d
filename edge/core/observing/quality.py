"""Whether a face can be read: large enough, bright enough, sharp enough, turned to the camera."""

from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.core.face.mesh import HeadPose
from edge.core.face.preprocess import face_crop
from edge.core.readings import Unreadable


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits below which (for `turned` and `turned_deg`: above which) a face is not read."""

    smallest_px: float = 40.0  # the face box's side in the frame
    darkest: float = 30.0  # mean grey value of the crop, 0..255
    sharpness: float = 0.08  # see `sharpness`; over 99.9 % of FER-2013 lies above
    turned: float = 0.55  # the nose's distance from between the eyes, along their line, in eye distances
    turned_deg: float = 40.0  # in place of `turned` where the head's pose is known: its angle to the line to the camera


def readable_crop(
    rgb: NDArray[np.uint8], face: Detection, limits: QualityLimits, head: HeadPose | None = None
) -> NDArray[np.uint8] | Unreadable:
    """Return the crop of a face, or why it cannot be read.

    Args:
        rgb: The frame, (height, width, 3) RGB, uint8.
        face: Where the face is in the frame.
        limits: What makes it readable.
        head: Where the head faces, if its mesh was read; otherwise the key points show how far it is turned.

    Returns:
        The crop (48, 48) grey, uint8; or a reason.
    """
    if max(face.box.width, face.box.height) < limits.smallest_px:
        return Unreadable.TOO_SMALL
    if turn(face) > limits.turned if head is None else head.aside_deg > limits.turned_deg:
        return Unreadable.TURNED_AWAY
    crop = face_crop(rgb, face)
    brightness, contrast = _mean_and_variance(crop)
    if brightness < limits.darkest:
        return Unreadable.TOO_DARK
    return Unreadable.BLURRED if _sharpness(crop, contrast) < limits.sharpness else crop


def turn(face: Detection) -> float:
    """Return how far a head is turned aside: 0 facing the camera, about 0.5 at half profile.

    It is the offset of the nose from the middle of the eyes along the line through them, in distances between the eyes,
    and so independent of the head's tilt and size. Infinite where both eyes are one point.
    """
    right, left, nose = face.keypoints.right_eye, face.keypoints.left_eye, face.keypoints.nose_tip
    across_x, across_y = left[0] - right[0], left[1] - right[1]
    distance = hypot(across_x, across_y)
    if distance == 0:
        return float("inf")
    aside_x, aside_y = nose[0] - (right[0] + left[0]) / 2, nose[1] - (right[1] + left[1]) / 2
    return abs(aside_x * across_x + aside_y * across_y) / distance**2


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Return the share of detail in a crop's contrast: the variance of its Laplacian over that of its grey values.

    This is the focus measure LAPV of Pertuz et al. 2013, doi:10.1016/j.patcog.2012.11.011, divided by the variance, so
    that brightness and contrast do not change it.

    Args:
        crop: (height, width) grey, uint8.

    Returns:
        >= 0; 0 for a crop of one grey value.
    """
    return _sharpness(crop, _mean_and_variance(crop)[1])


def _sharpness(crop: NDArray[np.uint8], contrast: float) -> float:
    return _mean_and_variance(cv2.Laplacian(crop, cv2.CV_16S))[1] / contrast if contrast > 0 else 0.0


def _mean_and_variance(values: MatLike) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(values)
    return float(mean[0, 0]), float(deviation[0, 0]) ** 2
