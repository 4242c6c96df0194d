"""Which source the words of a command line mean."""

import os
from pathlib import Path

from edge.core.errors import SourceNotFound, UsageError
from edge.sources.base import FrameSource
from edge.sources.live.camera import Camera
from edge.sources.live.picamera import PiCamera
from edge.sources.live.stream import Stream
from edge.sources.recorded.demo import DemoSource
from edge.sources.recorded.folder import Pictures, is_picture
from edge.sources.recorded.video import VideoFile


def camera_source(words: str) -> FrameSource:
    """`0`, `/dev/video0` or another device, `camera-...` as in /dev/edge, or `pi`; raises UsageError for all else.

    Nothing is opened yet.
    """
    if words == "pi":
        return PiCamera()
    if words.isascii() and words.isdigit():
        return Camera(Path(f"/dev/video{int(words)}"))
    if words.startswith("camera-") and "/" not in words:
        return Camera(Path("/dev/edge") / words)
    if words.startswith("/dev/"):
        return Camera(Path(words))
    raise UsageError(
        f"There is no camera called {words!r}.", fix="Give a number such as 0, a device such as /dev/video0, or pi."
    )


def recorded_source(words: str) -> FrameSource:
    """A video file, a picture, a folder of pictures, a stream's address, `demo` (in real time) or `demo:fast`.

    Raises SourceNotFound where there is no such file or folder, or no stream has such an address.
    """
    if words in ("demo", "demo:fast"):
        return DemoSource(realtime=words == "demo")
    if "://" in words:
        return Stream(words)
    path = Path(words)
    if not (words and os.path.exists(path)):  # where Path.exists raises, as in a folder of somebody else, this is False
        raise SourceNotFound(
            f"{words or 'A file without a name'} does not exist, or lies where this user may not look.",
            fix="Give a file, a folder, the address of a stream, or demo.",
        )
    return Pictures(path) if path.is_dir() or is_picture(path) else VideoFile(path)
