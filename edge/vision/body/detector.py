"""Where a body is: MediaPipe's network for the detection of a pose, and the region that its key points mean."""

from math import atan2, hypot, pi, remainder
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.vision.detection.anchors import anchors
from edge.vision.detection.decoding import decoded, logit_of, scores_of
from edge.vision.detection.letterbox import Letterbox
from edge.vision.detection.suppression import merged
from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork
from edge.vision.region import Region

NAME: Final = "body-detection"
# MediaPipe's graph pose_detection_cpu (mediapipe 0.10.18).
_LAYERS: Final = ((8, 2), (16, 2), (32, 6))  # SsdAnchorsCalculator: strides 8, 16, 32, 32, 32
_LEAST_SCORE: Final = 0.5  # TensorsToDetectionsCalculator: min_score_thresh
_IOU_OVER: Final = 0.3  # NonMaxSuppressionCalculator: min_suppression_threshold
_MARGIN: Final = 1.25  # RectTransformationCalculator: scale_x, scale_y
_HIPS, _REACH = 2, 3  # places of key points, behind the box's two corners


class BodyDetector:
    """BlazePose's detector (Bazarevsky et al. 2020, arXiv:2006.10204) as in MediaPipe's graph.

    Args:
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Raises:
        BadModel: The network is missing or not its card's, or no interpreter is installed.
    """

    def __init__(self, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self._network = MediaPipeNetwork(NAME, backend, threads)
        self._side = self._network.card.input.shape[1]
        self._anchors = anchors(self._side, _LAYERS)
        self._letterbox, self._shape = Letterbox(self._side, self._side, self._side), (0, 0)

    def __call__(self, rgb: NDArray[np.uint8]) -> Region | None:
        """Find the body of which the network is surest.

        Args:
            rgb: A frame (height, width, 3).

        Returns:
            The region for the points' network, or None where there is no body.
        """
        self._network.run(lambda sample: self._write(rgb, sample))
        logits = self._network.output(1)[:, 0]
        likely = np.flatnonzero(logits >= logit_of(_LEAST_SCORE))
        if not likely.size:
            return None
        places = decoded(self._network.output(0)[likely], self._anchors[likely])
        place, _ = next(merged(places, scores_of(logits[likely]), _IOU_OVER))
        placed = self._letterbox.placement
        points = place.astype(np.float64) * placed.scale + (placed.left, placed.top)
        return region_of_body(points[_HIPS], points[_REACH])

    def _write(self, rgb: NDArray[np.uint8], sample: NDArray[np.float32]) -> None:
        height, width = rgb.shape[:2]
        if (height, width) != self._shape:
            self._letterbox, self._shape = Letterbox(width, height, self._side), (height, width)
            self._letterbox.clear(sample)
        self._letterbox.write(rgb, sample)


def region_of_body(hips: NDArray[np.float64], reach: NDArray[np.float64]) -> Region:
    """Return the square around a body; MediaPipe's subgraph PoseDetectionToRoi.

    AlignmentPointsRectsCalculator makes a circle around the hips the square, and turns it so that its reach is above.

    Args:
        hips: Middle of the hips (2,), in pixels of the frame.
        reach: The point (2,) of the circle around the whole body that lies in the direction of the head.
    """
    across, down = (reach - hips).tolist()
    side, roll_rad = 2 * _MARGIN * hypot(across, down), remainder(pi / 2 + atan2(down, across), 2 * pi)
    return Region(float(hips[0]), float(hips[1]), side, roll_rad)
