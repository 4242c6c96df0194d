"""Faces as a detector finds them: a box and six keypoints, in pixels of the frame."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels, which may reach over the border of the frame."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """The area in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The centre (x, y)."""
        return self.left + self.width / 2, self.top + self.height / 2

    def iou(self, other: "Box") -> float:
        """Return the intersection over union with another box, 0..1."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        shared = max(across, 0.0) * max(down, 0.0)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Keypoints:
    """The six points of MediaPipe's face detector, each (x, y); right and left are the subject's own."""

    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    nose_tip: tuple[float, float]
    mouth_centre: tuple[float, float]
    right_ear: tuple[float, float]
    left_ear: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Detection:
    """One face that a detector found."""

    box: Box
    keypoints: Keypoints
    confidence: float  # 0..1


def largest(detections: Sequence[Detection]) -> Detection | None:
    """Return the detection with the largest box, or None without detections."""
    return max(detections, key=lambda found: found.box.area, default=None)
