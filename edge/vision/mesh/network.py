"""MediaPipe's face mesh network: 468 points of the face in a region of a frame."""

from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork
from edge.vision.region import Region, cut, in_frame

NAME: Final = "face-mesh"
_SIDE_PX: Final = 192


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
        crop = cut(rgb, region, _SIDE_PX)
        self._network.run(lambda sample: np.multiply(crop, np.float32(1 / 255), out=sample))
        points = self._network.output(0).reshape(-1, 3)
        return in_frame(points, region, _SIDE_PX), 1 / (1 + exp(-float(self._network.output(1).item())))
