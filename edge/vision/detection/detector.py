"""The face detector: what every runtime of it can do, and how one is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.faces import Detection
from edge.vision.detection.litert import LiteRtDetector
from edge.vision.detection.model import DetectorModel, DetectorRuntime
from edge.vision.interpreters import Backend


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


@contextmanager
def face_detector(
    model: DetectorModel = DetectorModel.NEAR,
    min_confidence: float = 0.5,
    runtime: DetectorRuntime = DetectorRuntime.AUTO,
    backend: Backend = Backend.AUTO,
    threads: int = 1,
) -> Iterator[FaceDetector]:
    """Open a face detector; it is released at the end.

    Args:
        model: For near or far faces.
        min_confidence: Detections with a lower score are dropped, 0..1.
        runtime: What runs the network.
        backend: The interpreter, unless MediaPipe's package runs it.
        threads: Threads of that interpreter.

    Raises:
        BadModel: The network is missing or not its card's, or there is no interpreter.
        BadConfiguration: MediaPipe's package was requested and cannot be used.
    """
    detector = _opened(model, min_confidence, runtime, backend, threads)
    try:
        yield detector
    finally:
        detector.close()


def _opened(
    model: DetectorModel, min_confidence: float, runtime: DetectorRuntime, backend: Backend, threads: int
) -> FaceDetector:
    if runtime is not DetectorRuntime.MEDIAPIPE:
        return LiteRtDetector(model, min_confidence, backend, threads)
    from edge.vision.detection.mediapipe import MediaPipeDetector  # the package is not installed everywhere

    return MediaPipeDetector(model, min_confidence)
