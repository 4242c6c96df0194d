"""The detector that changes by itself: near, and far while near finds no face."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection, largest
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.model import DetectorModel

_WITHOUT_S: Final = 1.0  # a detector that finds no face for so long gives way
_TRY_EVERY_S: Final = 0.5  # so often far is tried while there is no face at all; it takes almost three times as long
_SURE_FRAMES: Final = 3  # tries in a row that far has to succeed in: alone it has more false alarms than near
_BACK_EVERY_S: Final = 1.0  # so often near is tried while far is in use
_BACK_AFTER: Final = 3  # tries in a row that near has to succeed in: at the limit of its reach it finds a face at times
_SAME_FACE_IOU: Final = 0.3


@dataclass(slots=True)
class _Sequence:
    """Where a sequence of frames stands; ticks in seconds."""

    last_s: float = -np.inf
    near_s: float = -np.inf  # near found a face
    far_s: float = -np.inf  # far found one
    tried_s: float = -np.inf  # the one that is not in use was tried
    tries: int = 0  # in a row in which it succeeded
    far_in_use: bool = False


class AutoDetector:
    """Detects near faces; far ones too where near was sure of none for a second.

    Of a picture on its own, and of the first frame of a sequence, both are given a try.

    Args:
        opened: Opens a detector; the far one is opened once it is needed.
        sure_from: Least confidence, 0..1, of a face that keeps near in use, or makes far or near take over.
    """

    def __init__(self, opened: Callable[[DetectorModel], FaceDetector], sure_from: float) -> None:
        self._opened, self._sure_from = opened, sure_from
        self._near = opened(DetectorModel.NEAR)
        self._far_once_needed: FaceDetector | None = None
        self._at = _Sequence()

    @property
    def runtime(self) -> str:
        """What runs both networks."""
        return self._near.runtime

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        """Detect faces; see `FaceDetector`."""
        if tick_s is None:
            return self._both(rgb)
        if tick_s < self._at.last_s:  # another sequence
            self._at = _Sequence()
        first, self._at.last_s = self._at.last_s == -np.inf, tick_s
        if self._at.far_in_use:
            return self._look_far(rgb, tick_s)
        return self._both(rgb) if first else self._look_near(rgb, tick_s)

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        """Run the bare network that is in use, for measuring."""
        return (self._far if self._at.far_in_use else self._near).bare(rgb)

    def close(self) -> None:
        """Release both detectors."""
        self._near.close()
        if self._far_once_needed is not None:
            self._far_once_needed.close()

    @property
    def _far(self) -> FaceDetector:
        if self._far_once_needed is None:
            self._far_once_needed = self._opened(DetectorModel.FAR)
        return self._far_once_needed

    def _both(self, rgb: NDArray[np.uint8]) -> tuple[Detection, ...]:
        found = self._near(rgb)
        return found if self._sure(found) else self._sure(self._far(rgb)) or found

    def _look_near(self, rgb: NDArray[np.uint8], tick_s: float) -> tuple[Detection, ...]:
        found = self._near(rgb)
        if self._sure(found):
            self._at.near_s, self._at.tries = tick_s, 0
            return found
        due = self._at.tries > 0 or tick_s - self._at.tried_s >= _TRY_EVERY_S
        if tick_s - self._at.near_s < _WITHOUT_S or not due:
            return found
        by_far, self._at.tried_s = self._far(rgb), tick_s
        self._at.tries = self._at.tries + 1 if self._sure(by_far) else 0
        if self._at.tries < _SURE_FRAMES:
            return found
        self._at.far_in_use, self._at.far_s, self._at.tries = True, tick_s, 0
        return by_far

    def _look_far(self, rgb: NDArray[np.uint8], tick_s: float) -> tuple[Detection, ...]:
        found = self._far(rgb)
        if found:
            self._at.far_s = tick_s
        elif tick_s - self._at.far_s >= _WITHOUT_S:
            self._at.far_in_use, self._at.tried_s, self._at.tries = False, tick_s, 0
        if tick_s - self._at.tried_s >= _BACK_EVERY_S:
            self._at.tried_s = tick_s
            self._at.tries = self._at.tries + 1 if self._near_agrees(rgb, found) else 0
            if self._at.tries == _BACK_AFTER:
                self._at.far_in_use, self._at.near_s, self._at.tries = False, tick_s, 0
        return found

    def _near_agrees(self, rgb: NDArray[np.uint8], found: tuple[Detection, ...]) -> bool:
        """Whether near surely finds the largest face that far found."""
        face = largest(found)
        near = self._sure(self._near(rgb))
        return face is not None and any(face.box.iou(each.box) >= _SAME_FACE_IOU for each in near)

    def _sure(self, found: tuple[Detection, ...]) -> tuple[Detection, ...]:
        return tuple(face for face in found if face.confidence >= self._sure_from)
