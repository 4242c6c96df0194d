"""Detection on every second frame: in between, a face that hardly moves is carried on by its key points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Box, Detection, Keypoints
from edge.vision.detection.base import FaceDetector

_MOVED_LESS: Final = 0.05  # of the box's side, between the last two detections
_FOR_S: Final = 0.15  # faces are carried no longer; slower sequences are detected frame by frame
_SAME_FACE_IOU: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Moving:
    """A detected face, and how its key points moved on average, in pixels a second."""

    face: Detection
    across: float
    down: float


class CarriedDetector:
    """Runs a detector on every second frame while no face moves.

    A frame is left out where the last two detections had the same faces and no key point moved by 5 % of the box's
    side between them. Its faces are those of the last detection, shifted as their key points moved.

    Args:
        detector: Detects faces; it is closed with this one.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._shape: tuple[int, ...] = ()
        self._faces: tuple[Detection, ...] = ()
        self._still: tuple[_Moving, ...] = ()
        self._tick_s: float = -np.inf

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return self._detector.runtime

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect or carry faces; see `FaceDetector`."""
        if tick_s is None:
            return self._detector(rgb)
        if rgb.shape != self._shape:
            self._shape, self._faces, self._still = rgb.shape, (), ()
        passed_s = tick_s - self._tick_s
        still, self._still = self._still, ()
        if still and 0 < passed_s <= _FOR_S:
            return tuple(_carried(each, passed_s) for each in still)
        faces = self._detector(rgb, tick_s)
        self._still = _still(self._faces, faces, passed_s)
        self._faces, self._tick_s = faces, tick_s
        return faces

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        """Run the bare network, for measuring."""
        return self._detector.bare(rgb)

    def close(self) -> None:
        """Release the detector."""
        self._detector.close()


def _still(before: tuple[Detection, ...], now: tuple[Detection, ...], passed_s: float) -> tuple[_Moving, ...]:
    """The faces of a detection with their movement since the one before; none if a face is new, gone or moving."""
    if not now or len(before) != len(now) or not 0 < passed_s <= 2 * _FOR_S:
        return ()
    still = []
    for face in now:
        alike = max(before, key=lambda each: face.box.iou(each.box))
        moved = _points(face) - _points(alike)
        if face.box.iou(alike.box) < _SAME_FACE_IOU or np.abs(moved).max() >= _MOVED_LESS * face.box.width:
            return ()
        across, down = (moved.mean(axis=0) / passed_s).tolist()
        still.append(_Moving(face, across, down))
    return tuple(still)


def _carried(moving: _Moving, passed_s: float) -> Detection:
    face, across, down = moving.face, moving.across * passed_s, moving.down * passed_s
    points = np.add(_points(face), (across, down)).tolist()
    box = Box(face.box.left + across, face.box.top + down, face.box.width, face.box.height)
    return Detection(box, Keypoints(*map(tuple, points)), face.confidence)


def _points(face: Detection) -> NDArray[np.float64]:
    """The key points (6, 2)."""
    points = face.keypoints
    return np.array(
        [
            points.right_eye,
            points.left_eye,
            points.nose_tip,
            points.mouth_centre,
            points.right_ear,
            points.left_ear,
        ]
    )
