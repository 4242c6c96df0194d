"""Video files: every frame that can be decoded, at its media time."""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final

import cv2
from cv2.typing import MatLike

from edge.core.errors import RecordingTruncated, SourceNotFound
from edge.core.frames import Frame
from edge.core.sampling import Sampling
from edge.core.text import valid_text
from edge.sources.lease import Lease
from edge.sources.pixels import refuse_if_large, to_rgb
from edge.sources.recorded.ahead import read_ahead
from edge.sources.recorded.container import read_container
from edge.sources.recorded.frame_count import FrameCount
from edge.sources.recorded.head import first_bytes, is_text
from edge.sources.recorded.reel import Reel

_ROUNDING_S: Final = 1e-6
_LONGEST_S: Final = 1e7  # a later position (four months) is damage
_USUAL_FRAMES_PER_S: Final = 25.0
_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"  # read at each opening
_FORMATS: Final = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "asf", "flv", "ogg", "mpeg", "mpegts"),
    *("mpegvideo", "h264", "hevc", "m4v", "vc1", "av1", "obu", "ivf", "mjpeg", "dv", "mxf", "nut", "rm", "wtv", "gif"),
    *("apng", "yuv4mpegpipe", "jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"),
)  # by FFmpeg's names


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video file in any format that FFmpeg decodes, rotated upright as its metadata says.

    Frames that are not wanted are decoded and not converted: most codecs need them for those that follow.
    """

    path: Path
    recorded_at: datetime | None = None  # of its beginning, UTC; None: as its container says
    start_s: float = 0.0  # frames before this media time are passed over, and not counted as dropped
    max_fps: float | None = None  # most frames in a second of media time; None: all
    ahead: bool = True  # whether a thread decodes the next frames meanwhile

    @property
    def name(self) -> str:
        """The file's name."""
        return valid_text(self.path.name)

    @property
    def live(self) -> bool:
        """False: every frame is read."""
        return False

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        """Open the file and yield its frames, from the first to the last that can be decoded.

        Raises:
            SourceNotFound: On entering, there is no such file, or its first picture cannot be decoded. From there or
                from the iterator, a picture is too large.
            RecordingTruncated: From the iterator, after the last frame: the file announces more.
        """
        if is_text(first_bytes(self.path)):
            raise self._not_a_video("it is text")
        with _name_for_opencv(self.path.absolute()) as name, _no_other_files():
            capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
        try:
            capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
            refuse_if_large(self.name, capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
            decoded, first = capture.read()
            if not decoded:
                raise self._not_a_video("no picture in it can be decoded")
            frames = self._frames(capture, first, stop)
            if self.ahead:
                with read_ahead(frames, stop) as decoded_before:
                    yield decoded_before
            else:
                yield frames
        finally:
            capture.release()

    def _frames(self, capture: cv2.VideoCapture, first: MatLike, stop: Event) -> Generator[Frame]:
        container = read_container(self.path)
        rate = capture.get(cv2.CAP_PROP_FPS)
        step_s = 1 / (rate if 0.1 <= rate <= 1000 else _USUAL_FRAMES_PER_S)
        position_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        began_s = min(position_s, 0.0) if abs(position_s) < _LONGEST_S else 0.0  # no frame is before the beginning
        tick_s = position_s - began_s if abs(position_s) < _LONGEST_S else 0.0
        count = FrameCount(container, capture.get(cv2.CAP_PROP_FRAME_COUNT), step_s)
        reel = Reel(self.recorded_at or container.created_at, count.length_s)
        sampling, passed_over = Sampling(None if self.max_fps is None else 1 / self.max_fps), 0
        decoded, picture = True, first
        while decoded:
            if stop.is_set():
                return
            if tick_s >= self.start_s - _ROUNDING_S and (passed_over := passed_over + 1) and sampling.takes(tick_s):
                if count.read:
                    decoded, picture = capture.retrieve()
                    if not decoded:
                        break
                refuse_if_large(self.name, picture.shape[1], picture.shape[0])  # the size may change
                yield reel.frame(to_rgb(picture), tick_s, passed_over - 1)
                passed_over = 0
            count.add(tick_s)
            decoded = capture.grab()
            tick_s = _next_tick_s(tick_s, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - began_s, step_s)
        if count.falls_short:
            frames = f"{count.read} of {count.announced:.0f} frames"
            raise RecordingTruncated(
                f"{self.name} ends after {frames}: it was cut, or is damaged."
                if count.ends_early
                else f"{self.name} is damaged: {frames} can be decoded.",
                fix="What was read is valid; copy the file again for the rest.",
            )

    def _not_a_video(self, reason: str) -> SourceNotFound:
        return SourceNotFound(f"{self.path} is not a video: {reason}.", fix="Copy it again, or give another file.")


@contextmanager
def _name_for_opencv(path: Path) -> Iterator[str]:
    """A name under which OpenCV opens the file: one that is no UTF-8 crashes it."""
    name = str(path)
    if valid_text(name) == name:
        yield name
        return
    with path.open("rb") as file:
        yield f"/proc/self/fd/{file.fileno()}"


@contextmanager
def _no_other_files() -> Iterator[None]:
    """Let FFmpeg open formats alone that hold their pictures themselves: a playlist would open its neighbours."""
    given = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = "|".join([*([given] if given else []), f"format_whitelist;{','.join(_FORMATS)}"])
    try:
        yield
    finally:
        if given is None:
            del os.environ[_OPTIONS]
        else:
            os.environ[_OPTIONS] = given


def _next_tick_s(tick_s: float, position_s: float, step_s: float) -> float:
    """Return the position in the file where it rises, or one step of the frame rate after the last tick."""
    return position_s if tick_s < position_s < _LONGEST_S else tick_s + step_s
