"""Which class detects faces, by model and runtime."""

from collections.abc import Iterator
from contextlib import contextmanager

from edge.vision.detection.auto import AutoDetector
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.carried import CarriedDetector
from edge.vision.detection.litert import LiteRtDetector
from edge.vision.detection.model import DetectorModel, DetectorRuntime
from edge.vision.interpreters import Backend


@contextmanager
def face_detector(
    model: DetectorModel = DetectorModel.NEAR,
    min_confidence: float = 0.5,
    runtime: DetectorRuntime = DetectorRuntime.AUTO,
    backend: Backend = Backend.AUTO,
    threads: int = 1,
    sure_from: float = 0.6,
    every: int = 1,
) -> Iterator[FaceDetector]:
    """Open a face detector; it is released at the end.

    Args:
        model: For near or far faces, or for both by turns.
        min_confidence: Detections with a lower score are dropped, 0..1.
        runtime: What runs the network.
        backend: The interpreter, unless MediaPipe's package runs it.
        threads: Threads of that interpreter.
        sure_from: Least score, 0..1, of a face that keeps `auto` at near, or makes it change.
        every: 2 leaves out every second frame of a sequence while no face moves; 1 leaves out none.

    Raises:
        BadModel: The network is missing or not its card's, or there is no interpreter.
        BadConfiguration: MediaPipe's package was requested and cannot be used.
    """

    def opened(one: DetectorModel) -> FaceDetector:
        if runtime is not DetectorRuntime.MEDIAPIPE:
            return LiteRtDetector(one, min_confidence, backend, threads)
        from edge.vision.detection.mediapipe import MediaPipeDetector  # the package is not installed everywhere

        return MediaPipeDetector(one, min_confidence)

    detector: FaceDetector = AutoDetector(opened, sure_from) if model is DetectorModel.AUTO else opened(model)
    if every == 2:
        detector = CarriedDetector(detector)
    try:
        yield detector
    finally:
        detector.close()
