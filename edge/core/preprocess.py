"""Preprocessing: from a picture to the input of a network, shared by training, evaluation and the runtime.

Both networks get the same face crop: 48x48 grey pixels, as in FER-2013, at any camera resolution. A network with a
larger input gets that crop enlarged, so that it never gets more detail than in training.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cos, degrees, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.faces import Detection
from edge.core.quantization import Quantization

CROP_PX = 48

# Medians over FER-2013 (validation split) of where its pictures end around MediaPipe's square face box: the crop's side
# in sides of the box, and how far its centre lies above the box's, in sides of the crop.
CROP_SIDE = 1.16
CROP_RISE = 0.07

_OVERSAMPLED_AT_MOST = 8


def crop_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the face crop of a picture that shows nothing but a face.

    Args:
        picture: (height, width) or (height, width, 1) grey, or (height, width, 3) RGB, uint8.

    Returns:
        (48, 48) grey, uint8.
    """
    return _resized(grey_of(picture), CROP_PX)


def grey_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture, (height, width) or (height, width, 1) grey or (height, width, 3) RGB, as (height, width)."""
    return picture if picture.ndim == 2 else picture[..., 0] if picture.shape[2] == 1 else _grey(picture)


def face_crop(rgb: NDArray[np.uint8], face: Detection) -> NDArray[np.uint8]:
    """Cut a face out of a frame: a square with a margin, rotated so that the line through the eyes is level.

    Args:
        rgb: The frame, (height, width, 3) RGB, uint8.
        face: Where the face is, in pixels of the frame.

    Returns:
        (48, 48) grey, uint8. Where the square reaches over the frame's border, the border's pixels are repeated; a box
        outside the frame gives zeros.
    """
    side_px = max(face.box.width, face.box.height) * CROP_SIDE
    right, left = face.keypoints.right_eye, face.keypoints.left_eye
    roll = atan2(left[1] - right[1], left[0] - right[0])
    centre_x, centre_y = face.box.centre
    up_px = CROP_RISE * side_px
    centre_x, centre_y = centre_x + up_px * sin(roll), centre_y - up_px * cos(roll)

    # Warp to a multiple of 48 px near the face's own size, then average: shrinking in one step would alias. Only the
    # part of the frame that the rotated square can reach is converted to grey.
    oversampled = min(max(round(side_px / CROP_PX), 1), _OVERSAMPLED_AT_MOST)
    out_px = CROP_PX * oversampled
    reach_px = side_px * (abs(cos(roll)) + abs(sin(roll))) / 2 + 2
    left_px, top_px = max(int(centre_x - reach_px), 0), max(int(centre_y - reach_px), 0)
    end_x, end_y = max(int(centre_x + reach_px) + 1, 0), max(int(centre_y + reach_px) + 1, 0)
    around = rgb[top_px:end_y, left_px:end_x]
    if not around.size:
        return np.zeros((CROP_PX, CROP_PX), np.uint8)  # a box wholly outside the frame
    middle = centre_x - left_px, centre_y - top_px
    turn = np.asarray(cv2.getRotationMatrix2D(middle, degrees(roll), out_px / side_px), np.float64)
    turn[:, 2] += out_px / 2 - np.array(middle)
    # Pixel centres lie half a pixel inside their corners, in the frame and in the crop alike.
    turn[:, 2] += turn[:, :2] @ (0.5, 0.5) - 0.5
    upright = cv2.warpAffine(
        _grey(around), turn, (out_px, out_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _resized(np.asarray(upright, np.uint8), CROP_PX)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The input of a network: a square of one channel."""

    size_px: int
    black: float  # the real value of grey 0
    white: float  # the real value of grey 255


def real_input(crop: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return a face crop (48, 48), uint8, as the input of a float network, (size, size, 1), float32."""
    return _real_values(spec)[_resized(crop, spec.size_px)][..., np.newaxis]


def stored_input(crop: NDArray[np.uint8], spec: InputSpec, quantization: Quantization) -> NDArray[np.int8]:
    """Return a face crop (48, 48), uint8, as the input of an INT8 network, (size, size, 1), int8."""
    return _stored_values(spec, quantization)[_resized(crop, spec.size_px)][..., np.newaxis]


@lru_cache
def _real_values(spec: InputSpec) -> NDArray[np.float32]:
    return np.linspace(spec.black, spec.white, 256, dtype=np.float32)


@lru_cache
def _stored_values(spec: InputSpec, quantization: Quantization) -> NDArray[np.int8]:
    return quantization.store(_real_values(spec))


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _resized(grey: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    if grey.shape == (size_px, size_px):
        return grey
    shrinking = min(grey.shape) > size_px
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (size_px, size_px), interpolation=interpolation), np.uint8)
