"""Tracking the participant: the same face from frame to frame, so that readings never mix two people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from edge.core.face.detection import Box, Detection, largest

_CONFIRMED_FRAMES: Final = 3
_CONFIRMED_S: Final = 0.1  # at low frame rates three frames would take too long


@dataclass(frozen=True, slots=True)
class Followed:
    """The faces of a frame."""

    participant: Detection | None
    others: int  # detections that are not the participant
    is_new: bool  # another participant than the last one, or the first
    unclear: bool = False  # the participant is missing, and another face that can be read is there
    other_faces: tuple[Detection, ...] = ()


@dataclass(slots=True)
class _Track:
    box: Box  # the last one
    seen_s: float
    readable_since_s: float
    readable_frames: int = 0
    confirmed: bool = False


class Tracker:
    """Tracks one face by the overlap of its box with its last one, beginning with the largest that can be read.

    A face is held only once it could be read in three frames in a row, or for 0.1 s. Until then it is the participant
    of each frame that shows it, and gives way at once: so a detection in a single frame, as of a title, never hides the
    participant.

    Args:
        iou_min: Least intersection over union, 0..1, of two boxes of the same face.
        patience_s: Seconds to wait for a held participant to appear again before another face is taken.
        take_from: Least confidence, 0..1, of a face that is not followed yet. A followed one may have less.
    """

    def __init__(self, iou_min: float = 0.3, patience_s: float = 1.0, take_from: float = 0.0) -> None:
        self._iou_min, self._patience_s, self._take_from = iou_min, patience_s, take_from
        self._track: _Track | None = None

    def follow(
        self, detections: Sequence[Detection], tick_s: float, readable: Callable[[Detection], bool] = lambda _: True
    ) -> Followed:
        """Return which of a frame's detections is the participant.

        Args:
            detections: All faces of the frame.
            tick_s: The frame's tick in seconds.
            readable: Whether a face can be read; called only where it decides.
        """
        track = self._track
        takeable = [each for each in detections if each.confidence >= self._take_from]
        followed = None if track is None else self._same_face(track.box, detections)
        if track is not None and track.confirmed:
            if followed is not None:
                return self._continue(track, followed, takeable, tick_s)
            if tick_s - track.seen_s < self._patience_s:
                return Followed(None, len(takeable), False, any(map(readable, takeable)), tuple(takeable))
        elif track is not None and followed is not None and readable(followed):
            self._confirm(track, tick_s)
            return self._continue(track, followed, takeable, tick_s)
        return self._begin(takeable, tick_s, readable)

    def _same_face(self, box: Box, detections: Sequence[Detection]) -> Detection | None:
        nearest = max(detections, key=lambda each: box.iou(each.box), default=None)
        return nearest if nearest is not None and box.iou(nearest.box) >= self._iou_min else None

    def _begin(self, takeable: Sequence[Detection], tick_s: float, readable: Callable[[Detection], bool]) -> Followed:
        before, self._track = self._track, None
        can_be_read = [each for each in takeable if readable(each)]
        taken = largest(can_be_read or takeable)
        if taken is None:
            return Followed(None, 0, is_new=False)
        is_new = (
            before is None or before.box.iou(taken.box) < self._iou_min or tick_s - before.seen_s >= self._patience_s
        )
        self._track = _Track(taken.box, tick_s, tick_s, readable_frames=1 if can_be_read else 0)
        return self._continue(self._track, taken, takeable, tick_s, is_new=is_new)

    @staticmethod
    def _confirm(track: _Track, tick_s: float) -> None:
        if not track.readable_frames:
            track.readable_since_s = tick_s
        track.readable_frames += 1
        track.confirmed = track.readable_frames >= _CONFIRMED_FRAMES or tick_s - track.readable_since_s >= _CONFIRMED_S

    @staticmethod
    def _continue(
        track: _Track, face: Detection, takeable: Sequence[Detection], tick_s: float, *, is_new: bool = False
    ) -> Followed:
        track.box, track.seen_s = face.box, tick_s
        others = tuple(each for each in takeable if each is not face)
        return Followed(face, len(others), is_new, other_faces=others)
