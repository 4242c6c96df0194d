"""A square of a frame that one of MediaPipe's networks is given, and the way of points from there back to the frame."""

from dataclasses import dataclass
from math import cos, degrees, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Box

_SAME_FACE_IOU: Final = 0.5  # AssociationNormRectCalculator: min_similarity_threshold
# Where the corners of cv2.boxPoints go: bottom left, top left, top right, bottom right.
_CORNERS: Final = np.array([[0, 1], [0, 0], [1, 0], [1, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class Region:
    """A square in pixels of a frame, which may reach over its border."""

    centre_x: float
    centre_y: float
    side: float
    roll_rad: float  # clockwise

    def is_same_face(self, other: "Region") -> bool:
        """Whether two regions, taken as upright squares, overlap as those of one face do."""
        return self._upright.iou(other._upright) >= _SAME_FACE_IOU

    @property
    def _upright(self) -> Box:
        return Box(self.centre_x - self.side / 2, self.centre_y - self.side / 2, self.side, self.side)


def cut(rgb: NDArray[np.uint8], region: Region, side_px: int) -> NDArray[np.uint8]:
    """Cut a region out of a frame; MediaPipe's ImageToTensorCalculator with OpenCV.

    Args:
        rgb: A frame (height, width, 3).
        region: The region; the frame's border is repeated where it reaches over it.
        side_px: Side of the network's input.

    Returns:
        (side_px, side_px, 3), upright.
    """
    square = (region.centre_x, region.centre_y), (region.side, region.side), degrees(region.roll_rad)
    turn = cv2.getPerspectiveTransform(np.asarray(cv2.boxPoints(square), np.float32), _CORNERS * side_px)
    upright = cv2.warpPerspective(rgb, turn, (side_px, side_px), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(upright, np.uint8)


def in_frame(points: NDArray[np.float32], region: Region, side_px: int) -> NDArray[np.float32]:
    """Move points from a region to its frame; MediaPipe's LandmarkProjectionCalculator.

    Args:
        points: (n, 3), in pixels of the cut region.
        region: The region.
        side_px: Side of the cut region.

    Returns:
        (n, 3), in pixels of the frame; z, as MediaPipe has it, in the scale of x.
    """
    right, down = cos(region.roll_rad), sin(region.roll_rad)
    turn = np.array([[right, down, 0], [-down, right, 0], [0, 0, 1]])
    middle, centre = (side_px / 2, side_px / 2, 0), (region.centre_x, region.centre_y, 0)
    return np.asarray((points - middle) @ turn * (region.side / side_px) + centre, np.float32)
