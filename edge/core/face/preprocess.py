"""Preprocessing: from a picture to the input of a network, shared by training, evaluation and the runtime.

Both networks get the same face crop: 48x48 grey pixels, as in FER-2013, at any camera resolution. A network with a
larger input gets that crop enlarged, so that it never gets more detail than in training.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.core.quantization import Quantization

CROP_PX = 48

# Medians over FER-2013 (validation split) of where its pictures end around MediaPipe's square face box: the crop's side
# in sides of the box, and how far its centre lies above the box's, in sides of the crop.
CROP_SIDE = 1.16
CROP_RISE = 0.07

_ROTATED_AT_MOST_PX = 4 * CROP_PX


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

    # Only the part of the frame that the rotated square can reach is converted to grey.
    shrunk = _shrunk_by(side_px)
    reach_px = side_px * (abs(cos(roll)) + abs(sin(roll))) / 2 + 2 * shrunk
    left_px, top_px = max(int(centre_x - reach_px), 0), max(int(centre_y - reach_px), 0)
    end_x, end_y = max(int(centre_x + reach_px) + 1, 0), max(int(centre_y + reach_px) + 1, 0)
    around = rgb[top_px:end_y, left_px:end_x]
    if not around.size:
        return np.zeros((CROP_PX, CROP_PX), np.uint8)  # a box wholly outside the frame
    middle = (centre_x - left_px) / shrunk, (centre_y - top_px) / shrunk
    return _upright(_averaged(_grey(around), shrunk), middle, side_px / shrunk, roll)


def _shrunk_by(side_px: float) -> int:
    """The power of two by which a face of a square's side is shrunk, so that less has to be rotated."""
    shrunk = 1
    while side_px >= _ROTATED_AT_MOST_PX * shrunk:
        shrunk *= 2
    return shrunk


def _averaged(grey: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """Shrink (height, width) grey to the means of blocks of `by` times `by` pixels, without incomplete ones."""
    height, width = grey.shape[0] // by, grey.shape[1] // by
    if by == 1 or not (height and width):
        return grey
    whole = grey[: height * by, : width * by]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _upright(grey: NDArray[np.uint8], middle: tuple[float, float], side_px: float, roll: float) -> NDArray[np.uint8]:
    """Cut a square (48, 48) of a side and middle, rotated by `roll` radians, out of a grey picture.

    It is warped to a multiple of 48 px near its own size, then averaged: shrinking in one step would alias.
    """
    out_px = CROP_PX * max(round(side_px / CROP_PX), 1)
    scale = out_px / side_px
    along, across = scale * cos(roll), scale * sin(roll)
    # Pixel centres lie half a pixel inside their corners, in the frame and in the crop alike.
    x, y, centre = middle[0] - 0.5, middle[1] - 0.5, out_px / 2 - 0.5
    turn = np.array(
        [[along, across, centre - along * x - across * y], [-across, along, centre + across * x - along * y]]
    )
    upright = cv2.warpAffine(grey, turn, (out_px, out_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _resized(np.asarray(upright, np.uint8), CROP_PX)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The input of a network: a square of one channel."""

    size_px: int
    black: float  # the real value of grey 0
    white: float  # the real value of grey 255


def real_input(crop: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float32]:
    """Return a face crop (48, 48), uint8, as the input of a float network, (size, size, 1), float32."""
    return np.asarray(cv2.LUT(_resized(crop, spec.size_px), _real_values(spec)), np.float32)[..., np.newaxis]


def stored_input(crop: NDArray[np.uint8], spec: InputSpec, quantization: Quantization) -> NDArray[np.int8]:
    """Return a face crop (48, 48), uint8, as the input of an INT8 network, (size, size, 1), int8."""
    stored = cv2.LUT(_resized(crop, spec.size_px), _stored_values(spec, quantization))
    return np.asarray(stored, np.int8)[..., np.newaxis]


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
