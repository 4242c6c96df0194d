"""A network of MediaPipe's that answers for anchors: from a frame to the places that it finds there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.vision.detection.anchors import anchors
from edge.vision.detection.decoding import decoded, logit_of
from edge.vision.detection.letterbox import Letterbox
from edge.vision.detection.place import Place
from edge.vision.detection.suppression import merged
from edge.vision.interpreters import Backend
from edge.vision.mediapipe_network import MediaPipeNetwork

_IOU_OVER: Final = 0.3  # NonMaxSuppressionCalculator: min_suppression_threshold, in each of MediaPipe's graphs


class AnchoredNetwork:
    """BlazeFace, or the detector of BlazePose, as in MediaPipe's graphs, one frame at a time.

    Args:
        name: The card's name.
        layers: The grids of anchors, as of `anchors`.
        least_score: Less likely anchors are dropped, 0..1.
        backend: The interpreter.
        threads: Threads of the interpreter.
        folder: Folder of the networks; by default that of the shipped ones.

    Raises:
        BadModel: The network is missing or not its card's, or no interpreter is installed.
    """

    def __init__(
        self,
        name: str,
        layers: Sequence[tuple[int, int]],
        least_score: float,
        backend: Backend = Backend.AUTO,
        threads: int = 1,
        folder: Path | None = None,
    ) -> None:
        self.network = MediaPipeNetwork(name, backend, threads, folder)
        side = self.network.card.input.shape[1]
        self._letterbox = Letterbox(side)
        self._anchors = [(x, y) for x, y in anchors(side, layers).tolist()]
        self._least_logit = logit_of(least_score)

    def __call__(self, rgb: NDArray[np.uint8]) -> list[Place]:
        """Find places in a frame (height, width, 3); they are in its pixels, the best first."""
        self.network.run(lambda sample: self._letterbox.write(rgb, sample))
        logits = self.network.output(1)[:, 0]
        likely = (logits >= self._least_logit).nonzero()[0].tolist()
        places = [
            decoded(numbers, logits.item(at), self._anchors[at])
            for at, numbers in zip(likely, self.network.rows(0, likely), strict=True)
        ]
        placed = self._letterbox.placement
        return [place.moved(placed.left, placed.top, placed.scale) for place in merged(places, _IOU_OVER)]
