"""MediaPipe's face mesh network: 468 points of the face in a region of a frame."""

from math import cos, degrees, exp, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork
from edge.vision.mesh.region import Region

NAME: Final = "face-mesh"
_SIDE_PX: Final = 192
# Where the corners of cv2.boxPoints go: bottom left, top left, top right, bottom right.
_CORNERS: Final = np.array([[0, _SIDE_PX], [0, 0], [_SIDE_PX, 0], [_SIDE_PX, _SIDE_PX]], np.float32)


class MeshNetwork:
    """The network, loaded once and shared by whatever follows a face with it.

    Args:
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Raises:
        BadModel: Card or file are missing or unusable, they do not belong together, or no interpreter is installed.
    """

    def __init__(self, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self._network = MediaPipeNetwork(NAME, backend, threads)
        self.backend = self._network.backend

    def __call__(self, rgb: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float32], float]:
        """Find the points of the face in a region.

        Args:
            rgb: A frame (height, width, 3).
            region: Where the face is.

        Returns:
            The points (468, 3), as of `Mesh.points`, and how sure the network is of a face, 0 to 1.
        """
        crop = cut(rgb, region)
        self._network.run(lambda sample: np.multiply(crop, np.float32(1 / 255), out=sample))
        points = self._network.output(0).reshape(-1, 3)
        return in_frame(points, region), 1 / (1 + exp(-float(self._network.output(1).item())))


def cut(rgb: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """Cut a region out of a frame; MediaPipe's ImageToTensorCalculator with OpenCV.

    Args:
        rgb: A frame (height, width, 3).
        region: The region; the frame's border is repeated where it reaches over it.

    Returns:
        (192, 192, 3), upright.
    """
    square = (region.centre_x, region.centre_y), (region.side, region.side), degrees(region.roll_rad)
    turn = cv2.getPerspectiveTransform(np.asarray(cv2.boxPoints(square), np.float32), _CORNERS)
    upright = cv2.warpPerspective(rgb, turn, (_SIDE_PX, _SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(upright, np.uint8)


def in_frame(points: NDArray[np.float32], region: Region) -> NDArray[np.float32]:
    """Move points from a region to its frame; MediaPipe's LandmarkProjectionCalculator.

    Args:
        points: (n, 3), in pixels of the cut region.
        region: The region.

    Returns:
        (n, 3), in pixels of the frame; z, as MediaPipe has it, in the scale of x.
    """
    right, down = cos(region.roll_rad), sin(region.roll_rad)
    turn = np.array([[right, down, 0], [-down, right, 0], [0, 0, 1]])
    middle, centre = (_SIDE_PX / 2, _SIDE_PX / 2, 0), (region.centre_x, region.centre_y, 0)
    return np.asarray((points - middle) @ turn * (region.side / _SIDE_PX) + centre, np.float32)
