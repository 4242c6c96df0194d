"""MediaPipe's face detectors without its package: their networks in the interpreter that reads expressions too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Box, Detection, Keypoints
from edge.vision.detection.anchors import anchors
from edge.vision.detection.decoding import decoded, logit_of, scores_of
from edge.vision.detection.letterbox import Letterbox, Placement
from edge.vision.detection.model import DetectorModel
from edge.vision.detection.suppression import merged
from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork

_IOU_OVER: Final = 0.3


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
        self._network = MediaPipeNetwork(options.card, backend, threads, folder)
        self._side = self._network.card.input.shape[1]
        self._anchors = anchors(self._side, options.layers)
        self._min_confidence = min_confidence
        # Boxes below the reported confidence still have a part in the means of better ones, as in MediaPipe.
        self._least_logit = logit_of(min(options.least_score, min_confidence))
        self._letterbox, self._shape = Letterbox(self._side, self._side, self._side), (0, 0)

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return self._network.backend.value

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect faces; see `FaceDetector`."""
        self._network.run(lambda sample: self._write(rgb, sample))
        logits = self._network.output(1)[:, 0]
        likely = (logits >= self._least_logit).nonzero()[0]
        if not likely.size:
            return ()
        raw = self._network.output(0)[likely]
        scores = scores_of(logits[likely])
        faces = [
            _detection(place, score, self._letterbox.placement)
            for place, score in merged(decoded(raw, self._anchors[likely]), scores, _IOU_OVER)
            if score >= self._min_confidence
        ]
        return tuple(sorted(faces, key=lambda face: face.box.area, reverse=True))

    def bare(self, rgb: NDArray[np.uint8]) -> None:
        """Run the bare network on its last input, for measuring."""
        self._network.invoke()

    def close(self) -> None:
        """Nothing is held that has to be released."""

    def _write(self, rgb: NDArray[np.uint8], sample: NDArray[np.float32]) -> None:
        height, width = rgb.shape[:2]
        if (height, width) != self._shape:
            self._letterbox, self._shape = Letterbox(width, height, self._side), (height, width)
            self._letterbox.clear(sample)
        self._letterbox.write(rgb, sample)


def _detection(place: NDArray[np.float32], score: float, placed: Placement) -> Detection:
    """A place in pixels of the input as a face in pixels of the frame."""
    (left, top), (right, bottom), *points = (
        (x * placed.scale + placed.left, y * placed.scale + placed.top) for x, y in place.tolist()
    )
    return Detection(
        box=Box(left, top, right - left, bottom - top),
        keypoints=Keypoints(*points),
        confidence=score,
    )
