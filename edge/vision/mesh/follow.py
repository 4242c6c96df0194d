"""The mesh of one face from frame to frame, in the region that MediaPipe's tracking would choose."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.core.face.mesh import Mesh
from edge.vision.mesh.figures import INNER_LIPS, LEFT_EYE, RIGHT_EYE, opening, smile
from edge.vision.mesh.network import MeshNetwork
from edge.vision.mesh.pose import head_pose
from edge.vision.mesh.region import region_of_detection, region_of_mesh
from edge.vision.region import Region

_PRESENT_FROM: Final = 0.5  # MediaPipe's min_tracking_confidence
_SMALLEST_PX: Final = 1.0  # a smaller region has no points that differ


class FaceMesh:
    """Reads the mesh of one face in each frame.

    The region is that around the last mesh where it still lies on the detected face, as in MediaPipe's tracking, and
    otherwise that around the detection.

    Args:
        network: The network; several of these may share it, in one thread.
    """

    def __init__(self, network: MeshNetwork) -> None:
        self._network = network
        self._last: Region | None = None

    def __call__(self, rgb: NDArray[np.uint8], face: Detection) -> Mesh | None:
        """Read the mesh of a detected face.

        Args:
            rgb: A frame (height, width, 3).
            face: The face in it.

        Returns:
            The mesh, or None where the network sees no face.
        """
        detected = region_of_detection(face)
        last = self._last
        region = last if last is not None and last.is_same_face(detected) else detected
        if region.side < _SMALLEST_PX:
            return None
        points, presence = self._network(rgb, region)
        if presence <= _PRESENT_FROM:
            self._last = None
            return None
        self._last = region_of_mesh(points)
        height, width = rgb.shape[:2]
        return Mesh(
            points=points,
            presence=presence,
            head=head_pose(points, width, height),
            right_eye_opening=opening(points, RIGHT_EYE),
            left_eye_opening=opening(points, LEFT_EYE),
            mouth_opening=opening(points, INNER_LIPS),
            smile=smile(points),
        )
