"""A video, decoded by OpenCV and FFmpeg from a descriptor: every frame that can be decoded, at its media time."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.sampling import Sampling
from edge.sources.decoder.messages import VideoRequest
from edge.sources.pixels import fits, to_rgb
from edge.sources.recorded.container import Container
from edge.sources.recorded.frame_count import FrameCount

_MOST_PX: Final = 2**31  # of a side that is reported
_ROUNDING_S: Final = 1e-6
_LONGEST_S: Final = 1e7  # a later position (four months) is damage
_USUAL_FRAMES_PER_S: Final = 25.0
_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"  # read at each opening
_FORMATS: Final = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "asf", "flv", "ogg", "mpeg", "mpegts"),
    *("mpegvideo", "h264", "hevc", "m4v", "vc1", "av1", "obu", "ivf", "mjpeg", "dv", "mxf", "nut", "rm", "wtv", "gif"),
    *("apng", "yuv4mpegpipe", "jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"),
)  # by FFmpeg's names: those that hold their pictures themselves


@dataclass(frozen=True, slots=True)
class Opened:
    """A video that is open, and whose first picture can be decoded."""

    length_s: float | None  # None: unknown


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that was decoded and not yet converted."""

    bgr: MatLike
    tick_s: float  # media time
    dropped_before: int  # frames since the previous one that could not be decoded, or were not wanted

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.bgr.shape[0], self.bgr.shape[1]

    def write(self, rgb: NDArray[np.uint8]) -> None:
        """Convert it into memory of its size, (height, width, 3) RGB, uint8."""
        to_rgb(self.bgr, rgb)


@dataclass(frozen=True, slots=True)
class Short:
    """A video that ended before the frames that it announces."""

    read: int
    announced: float
    ends_early: bool  # or else frames are missing on the way


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A picture that is larger than any may be; nothing follows it."""

    height: int
    width: int


Found = Opened | Picture | Short | TooLarge


def decoded(descriptor: int, request: VideoRequest) -> Iterator[Found]:
    """Decode an open file: nothing where its first picture cannot be decoded, else Opened, pictures, and perhaps Short.

    Frames that are not wanted are decoded and not converted: most codecs need them for those that follow.

    Args:
        descriptor: That of the file, at its beginning. FFmpeg opens no other file or address, whatever the format.
        request: Which frames are wanted.
    """
    capture = opened_file(descriptor)
    try:
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        yield from _frames(capture, request)
    finally:
        capture.release()


def opened_file(descriptor: int) -> cv2.VideoCapture:
    """Let FFmpeg open what a descriptor reads, and no other file or address, whatever the format."""
    set_options(f"fd;{descriptor}|protocol_whitelist;fd|format_whitelist;{','.join(_FORMATS)}")
    return cv2.VideoCapture("fd:", cv2.CAP_FFMPEG)


def set_options(ours: str) -> None:
    """Set FFmpeg's options for the next opening, as `option;value|...`, behind those that the environment gives."""
    given = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = f"{given}|{ours}" if given else ours


def _frames(capture: cv2.VideoCapture, request: VideoRequest) -> Iterator[Found]:
    if too_large := _too_large(capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)):
        yield too_large
        return
    got, picture = capture.read()
    if not got:
        return
    rate = capture.get(cv2.CAP_PROP_FPS)
    step_s = 1 / (rate if 0.1 <= rate <= 1000 else _USUAL_FRAMES_PER_S)
    position_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    began_s = min(position_s, 0.0) if abs(position_s) < _LONGEST_S else 0.0  # no frame is before the beginning
    tick_s = position_s - began_s if abs(position_s) < _LONGEST_S else 0.0
    container = Container(counted=request.counted, shown=request.shown)
    count = FrameCount(container, capture.get(cv2.CAP_PROP_FRAME_COUNT), step_s)
    yield Opened(count.length_s)
    sampling, passed_over = Sampling(1 / request.max_fps if request.max_fps else None), 0
    while got:
        if tick_s >= request.start_s - _ROUNDING_S and (passed_over := passed_over + 1) and sampling.takes(tick_s):
            if count.read:
                got, picture = capture.retrieve()
                if not got:
                    break
            if too_large := _too_large(*picture.shape[:2]):  # the size may change
                yield too_large
                return
            yield Picture(picture, tick_s, passed_over - 1)
            passed_over = 0
        count.add(tick_s)
        got = capture.grab()
        tick_s = _next_tick_s(tick_s, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - began_s, step_s)
    if count.falls_short:
        yield Short(count.read, count.announced, count.ends_early)


def _too_large(height: float, width: float) -> TooLarge | None:
    return None if fits(width, height) else TooLarge(int(min(height, _MOST_PX)), int(min(width, _MOST_PX)))


def _next_tick_s(tick_s: float, position_s: float, step_s: float) -> float:
    """Return the position in the file where it rises, or one step of the frame rate after the last tick."""
    return position_s if tick_s < position_s < _LONGEST_S else tick_s + step_s
