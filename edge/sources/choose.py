"""Sources from the arguments of a command line; only what is named is imported, so that a run starts sooner."""

import os
from datetime import datetime
from pathlib import Path

from edge.core.choices.camera_mode import AS_IT_IS, CameraMode
from edge.core.errors import SourceNotFound, UsageError
from edge.sources.base import FrameSource


def camera_source(words: str, mode: CameraMode = AS_IT_IS) -> FrameSource:
    """Return the camera that an argument names; nothing is opened.

    Args:
        words: A number such as `0`, a device such as `/dev/video0`, `camera-...` for a link in /dev/edge, or `pi`.
        mode: What the camera is set to.

    Raises:
        UsageError: The argument names no camera, or one that cannot be set so.
    """
    if words == "pi":
        from edge.sources.live.picamera import PI_SIZE, PiCamera

        if mode.fps is not None or mode.format is not None:
            raise UsageError(
                "Of a Raspberry Pi camera only the size can be set.", fix="Leave out camera_fps and camera_format."
            )
        return PiCamera(size=mode.size or PI_SIZE)
    from edge.sources.live.camera import Camera

    if words.isascii() and words.isdigit():
        return Camera(Path(f"/dev/video{int(words)}"), mode)
    if words.startswith("camera-") and "/" not in words:
        return Camera(Path("/dev/edge") / words, mode)
    if words.startswith("/dev/"):
        return Camera(Path(words), mode)
    raise UsageError(
        f"There is no camera called {words!r}.", fix="Give a number such as 0, a device such as /dev/video0, or pi."
    )


def recorded_source(
    words: str, recorded_at: datetime | None = None, *, start_s: float = 0.0, max_fps: float | None = None
) -> FrameSource:
    """Return the recorded source, stream or demo that an argument names; nothing is opened.

    Args:
        words: A video file, a picture, a folder of pictures, the URL of a stream, `demo` (in real time) or `demo:fast`.
        recorded_at: When the recording began, UTC; None: as the file says, or unknown.

        start_s, max_fps: Which frames of a video are wanted, as of VideoFile; of other sources the caller chooses them.

    Raises:
        SourceNotFound: There is no such file or folder, or the URL is not one of a stream.
        UsageError: `recorded_at` is given, and it is no recording.
    """
    if recorded_at is not None and (words in ("demo", "demo:fast") or "://" in words):
        raise UsageError("Only a recording has a date of its own.", fix="Leave out --recorded-at.")
    if words in ("demo", "demo:fast"):
        from edge.sources.recorded.demo import DemoSource

        return DemoSource(realtime=words == "demo")
    if "://" in words:
        from edge.sources.live.stream import Stream

        return Stream(words)
    path = Path(words)
    if not (words and os.path.exists(path)):  # False where Path.exists would raise: without permission
        raise SourceNotFound(
            f"{words or 'A file without a name'} does not exist, or lies where this user may not look.",
            fix="Give a file, a folder, the address of a stream, or demo.",
        )
    from edge.sources.recorded.folder import Pictures, is_picture

    if path.is_dir() or is_picture(path):
        return Pictures(path, recorded_at=recorded_at)
    from edge.sources.recorded.video import VideoFile

    return VideoFile(path, recorded_at, start_s, max_fps)
