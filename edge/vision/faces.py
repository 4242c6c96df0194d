"""Faces in a frame, found by MediaPipe; the only file that knows it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from edge.core.faces import Box, Detection, Keypoints
from edge.vision.quiet import native_silence


class DetectorModel(StrEnum):
    """Which of MediaPipe's two face detectors looks."""

    NEAR = "near"  # up to about 2 m from the camera
    FAR = "far"  # up to about 5 m


class FaceDetector:
    """MediaPipe face detection (BlazeFace, Bazarevsky et al. 2019, arXiv:1907.05047), offline, one frame at a time.

    `min_confidence` (0..1) is the score below which a face is not reported.
    """

    def __init__(self, model: DetectorModel = DetectorModel.NEAR, min_confidence: float = 0.5) -> None:
        with native_silence():
            with _without_tensorflow():
                from mediapipe.python.solutions.face_detection import FaceDetection
            self._detector: Any = FaceDetection(
                model_selection=1 if model is DetectorModel.FAR else 0, min_detection_confidence=min_confidence
            )
            self._detector.process(np.zeros((64, 64, 3), np.uint8))  # starts its graph, and its chatter, here

    def __call__(self, rgb: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """The faces in a frame (h, w, 3), largest first, in pixels of that frame."""
        height, width = rgb.shape[:2]
        found = self.detect(rgb).detections or ()
        faces = (_detection(face, width, height) for face in found)
        return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))

    def detect(self, rgb: NDArray[np.uint8]) -> Any:
        """MediaPipe's own answer for a frame (h, w, 3), for measuring."""
        return self._detector.process(rgb)

    def close(self) -> None:
        """Stop MediaPipe's graph."""
        self._detector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _detection(found: Any, width: int, height: int) -> Detection:
    place = found.location_data
    box = place.relative_bounding_box
    points = [(point.x * width, point.y * height) for point in place.relative_keypoints]
    return Detection(
        box=Box(box.xmin * width, box.ymin * height, box.width * width, box.height * height),
        keypoints=Keypoints(*points),
        confidence=float(found.score[0]),
    )


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """MediaPipe imports TensorFlow for a documentation tag where it finds it: ten seconds and 400 MB for nothing."""
    missing = object()
    kept = sys.modules.get("tensorflow", missing)
    if kept is missing:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # how Python marks a module as absent
    try:
        yield
    finally:
        if kept is missing:
            del sys.modules["tensorflow"]
