"""The face detector: what every runtime of it can do."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection


class FaceDetector(Protocol):
    """Detects faces in one frame at a time; not for use by two threads at once."""

    @property
    def runtime(self) -> str:
        """What runs the network, for people."""
        ...

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect faces.

        Args:
            rgb: A frame (h, w, 3).
            tick_s: The frame's tick in seconds, where it is one of a sequence; None for a picture on its own.

        Returns:
            The faces, largest first, in pixels of that frame.
        """
        ...

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        """Run the bare network, for measuring: on this frame, or on the last one where the runtime separates them."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...
