"""The pose of the body in a picture: 33 points and how visible they are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import POSE_POINTS
from edge.vision.body.detector import BodyDetector
from edge.vision.body.heatmap import refined
from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork
from edge.vision.region import cut, in_frame

NAME: Final = "body-pose"
_SIDE_PX: Final = 256
_PRESENT_FROM: Final = 0.5  # MediaPipe's min_tracking_confidence


class BodyPose:
    """Reads the pose of the most certain person of each picture on its own.

    As MediaPipe's graph pose_landmark_cpu (mediapipe 0.10.18) does with `static_image_mode` and `model_complexity` 1.

    Args:
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Raises:
        BadModel: A network is missing or not its card's, or no interpreter is installed.
    """

    def __init__(self, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self._find = BodyDetector(backend, threads)
        self._network = MediaPipeNetwork(NAME, backend, threads)

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Read the pose in a picture.

        Args:
            rgb: (height, width, 3).

        Returns:
            (33, 4) in the order of MediaPipe's pose: x and y in pixels of the picture, z in the same scale, 0 at the
            hips and growing away from the camera, and the visibility, 0 to 1. None where there is no body.
        """
        region = self._find(rgb)
        if region is None or region.side < 1:
            return None
        crop = cut(rgb, region, _SIDE_PX)
        self._network.run(lambda sample: np.multiply(crop, np.float32(1 / 255), out=sample))
        if float(self._network.output(1).item()) <= _PRESENT_FROM:
            return None
        raw = self._network.output(0).reshape(-1, 5)[:POSE_POINTS]  # the others are of the graph alone
        raw[:, :2] = refined(raw[:, :2] / _SIDE_PX, self._network.output(2)[..., :POSE_POINTS]) * _SIDE_PX
        visible = 1 / (1 + np.exp(-raw[:, 3:4]))
        return np.concatenate([in_frame(raw[:, :3], region, _SIDE_PX), visible], axis=1, dtype=np.float32)
