"""MediaPipe's face detectors without its package: their networks in the interpreter that reads expressions too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection, Keypoints
from edge.vision.detection.anchored import AnchoredNetwork
from edge.vision.detection.model import DetectorModel
from edge.vision.interpreters import Backend


@dataclass(frozen=True, slots=True)
class _Options:
    """What MediaPipe's graph of a detector says beside the options that both have."""

    card: str
    layers: tuple[tuple[int, int], ...]
    least_score: float


# face_detection_short_range.pbtxt and face_detection_full_range.pbtxt of MediaPipe 0.10.18. The first has four grids,
# of cells of 8, 16, 16 and 16 pixels, with two anchors each; the second one, of 4 pixels, without the second anchor.
_OPTIONS: Final[Mapping[DetectorModel, _Options]] = {
    DetectorModel.NEAR: _Options("face-detection-near", ((8, 2), (16, 6)), 0.5),
    DetectorModel.FAR: _Options("face-detection-far", ((4, 1),), 0.6),
}


class LiteRtDetector:
    """BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047) as in MediaPipe's graphs, one frame at a time.

    Args:
        model: For near or far faces.
        min_confidence: Detections with a lower score are dropped, 0..1.
        backend: The interpreter.
        threads: Threads of the interpreter.
        folder: Folder of the networks; by default that of the shipped ones.

    Raises:
        BadModel: The network is missing or not its card's.
    """

    def __init__(
        self,
        model: DetectorModel = DetectorModel.NEAR,
        min_confidence: float = 0.5,
        backend: Backend = Backend.AUTO,
        threads: int = 1,
        folder: Path | None = None,
    ) -> None:
        options = _OPTIONS[model]
        # Boxes below the reported confidence still have a part in the means of better ones, as in MediaPipe.
        least_score = min(options.least_score, min_confidence)
        self._find = AnchoredNetwork(options.card, options.layers, least_score, backend, threads, folder)
        self._min_confidence = min_confidence

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return self._find.network.backend.value

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect faces; see `FaceDetector`."""
        faces = [
            Detection(place.box, Keypoints(*place.points), place.score)
            for place in self._find(rgb)
            if place.score >= self._min_confidence
        ]
        return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))

    def bare(self, rgb: NDArray[np.uint8]) -> None:
        """Run the bare network on its last input, for measuring."""
        self._find.network.invoke()

    def close(self) -> None:
        """Nothing is held that has to be released."""
