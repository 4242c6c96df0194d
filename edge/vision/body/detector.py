"""Where a body is: MediaPipe's network for the detection of a pose, and the region that its key points mean."""

from math import atan2, hypot, pi, remainder
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.vision.detection.anchored import AnchoredNetwork
from edge.vision.interpreters import Backend
from edge.vision.region import Region

NAME: Final = "body-detection"
# MediaPipe's graph pose_detection_cpu (mediapipe 0.10.18).
_LAYERS: Final = ((8, 2), (16, 2), (32, 6))  # SsdAnchorsCalculator: strides 8, 16, 32, 32, 32
_LEAST_SCORE: Final = 0.5  # TensorsToDetectionsCalculator: min_score_thresh
_MARGIN: Final = 1.25  # RectTransformationCalculator: scale_x, scale_y
_HIPS, _REACH = 0, 1  # among the key points


class BodyDetector:
    """BlazePose's detector (Bazarevsky et al. 2020, arXiv:2006.10204) as in MediaPipe's graph.

    Args:
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Raises:
        BadModel: The network is missing or not its card's, or no interpreter is installed.
    """

    def __init__(self, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self._find = AnchoredNetwork(NAME, _LAYERS, _LEAST_SCORE, backend, threads)

    def __call__(self, rgb: NDArray[np.uint8]) -> Region | None:
        """Find the body of which the network is surest.

        Args:
            rgb: A frame (height, width, 3).

        Returns:
            The region for the points' network, or None where there is no body.
        """
        found = self._find(rgb)
        return region_of_body(found[0].points[_HIPS], found[0].points[_REACH]) if found else None


def region_of_body(hips: tuple[float, float], reach: tuple[float, float]) -> Region:
    """Return the square around a body; MediaPipe's subgraph PoseDetectionToRoi.

    AlignmentPointsRectsCalculator makes a circle around the hips the square, and turns it so that its reach is above.

    Args:
        hips: Middle of the hips, in pixels of the frame.
        reach: The point of the circle around the whole body that lies in the direction of the head.
    """
    across, down = reach[0] - hips[0], reach[1] - hips[1]
    side, roll_rad = 2 * _MARGIN * hypot(across, down), remainder(pi / 2 + atan2(down, across), 2 * pi)
    return Region(*hips, side, roll_rad)
