"""Tracking the participant: the same face from frame to frame, so that readings never mix two people."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.faces import Box, Detection, largest


@dataclass(frozen=True, slots=True)
class Followed:
    """The faces of a frame."""

    participant: Detection | None
    others: int  # detections that are not the participant
    is_new: bool  # another participant than the last one, or the first


class Tracker:
    """Tracks one face by the overlap of its box with its last one, beginning with the largest face.

    Args:
        iou_min: Least intersection over union, 0..1, of two boxes of the same face.
        patience_s: Seconds to wait for the participant to appear again before the largest face is taken instead.
    """

    def __init__(self, iou_min: float = 0.3, patience_s: float = 1.0) -> None:
        self._iou_min, self._patience_s = iou_min, patience_s
        self._box: Box | None = None  # the participant's last one
        self._seen_s = 0.0

    def follow(self, detections: Sequence[Detection], tick_s: float) -> Followed:
        """Return which of a frame's detections is the participant.

        Args:
            detections: All faces of the frame.
            tick_s: The frame's tick in seconds.
        """
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
