"""Holding the participant: the same face from frame to frame, so that a reading never jumps between two people."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.faces import Box, Detection, largest


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is in a frame."""

    participant: Detection | None
    others: int  # detections that are not the participant
    is_new: bool  # another participant than the one held before, or the first


class Tracker:
    """Takes the largest face and holds it by overlap (intersection over union) of its box with the one before.

    A face that nothing overlaps by `iou_min` (0..1) is waited for during `patience_s`; then the largest is taken.
    """

    def __init__(self, iou_min: float = 0.3, patience_s: float = 1.0) -> None:
        self._iou_min, self._patience_s = iou_min, patience_s
        self._box: Box | None = None  # the held participant's, where it was seen last
        self._seen_s = 0.0

    def follow(self, detections: Sequence[Detection], tick_s: float) -> Followed:
        """Which of a frame's detections is the participant; `tick_s` is the frame's."""
        held = self._box
        if held is not None:
            best = max(detections, key=lambda found: held.iou(found.box), default=None)
            if best is not None and held.iou(best.box) >= self._iou_min:
                return self._hold(best, detections, tick_s, is_new=False)
            if tick_s - self._seen_s < self._patience_s:
                return Followed(None, len(detections), is_new=False)
            self._box = None
        taken = largest(detections)
        return Followed(None, 0, is_new=False) if taken is None else self._hold(taken, detections, tick_s, is_new=True)

    def _hold(self, taken: Detection, detections: Sequence[Detection], tick_s: float, *, is_new: bool) -> Followed:
        self._box, self._seen_s = taken.box, tick_s
        return Followed(taken, len(detections) - 1, is_new)
