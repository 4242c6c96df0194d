"""Frames that a video announces, compared with those that could be decoded."""

from typing import Final

from edge.sources.recorded.container import Container

_SPARE_FRAMES: Final = 2
_COUNTED: Final = 0.005  # share that may lack where frames were counted: rounding of edit lists
_ESTIMATED: Final = 0.02  # share that may lack where their number is length times rate: cameras leave some out
_SPARE_S: Final = 0.5  # at the end: sound may last longer than the picture
_SPARE_LENGTH: Final = 0.05
_MOST_FRAMES: Final = 1e8  # a larger number is no announcement
_STEADY: Final = 0.25  # difference from the step that still is a constant rate
_MOSTLY: Final = 0.9


class FrameCount:
    """Counts the frames of one video.

    A container that counts its frames is believed. Others give a length and a rate: then the last frame has to be near
    the end, and where the rate is constant, frames that are missing between others count too.

    Args:
        container: What the container says.
        announced: OpenCV's CAP_PROP_FRAME_COUNT: the number of frames, or the length times the rate.
        step_s: Seconds from one frame to the next, by the rate.
    """

    def __init__(self, container: Container, announced: float, step_s: float) -> None:
        self._counted, self._step_s = container.counted, step_s
        self.announced = announced * container.shown
        self.read = 0
        self._steady = self._skipped = 0
        self._last_s = 0.0

    def add(self, tick_s: float) -> None:
        """Count a frame at a media time in seconds."""
        steps = (tick_s - self._last_s) / self._step_s
        if self.read:
            self._steady += abs(steps - 1) <= _STEADY
            self._skipped += max(round(steps) - 1, 0)
        self.read += 1
        self._last_s = tick_s

    @property
    def length_s(self) -> float | None:
        """The length that is announced, in seconds; None where there is none."""
        return self.announced * self._step_s if 0 < self.announced < _MOST_FRAMES else None

    @property
    def ends_early(self) -> bool:
        """Whether the last frame is far from the end."""
        length_s = self.announced * self._step_s
        missing_s = length_s - self._last_s - self._step_s
        return self.announced < _MOST_FRAMES and missing_s > max(_SPARE_S, _SPARE_LENGTH * length_s)

    @property
    def falls_short(self) -> bool:
        """Whether so many frames are missing, at the end or before it, that the file was cut, or is damaged."""
        if not 0 < self.announced < _MOST_FRAMES:
            return False
        if self._counted:
            return self.read < self.announced * (1 - _COUNTED) - _SPARE_FRAMES
        constant = self._steady >= _MOSTLY * (self.read - 1)
        return self.ends_early or (constant and self._skipped > _ESTIMATED * self.announced + _SPARE_FRAMES)
