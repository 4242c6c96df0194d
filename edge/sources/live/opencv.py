"""Live captures of OpenCV as devices that return RGB pictures."""

import time
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.choices.camera_mode import CameraMode
from edge.core.errors import DeviceUnavailable
from edge.sources.pixels import to_rgb

_FIRST_S: Final = 4.0  # a camera that starts may fail to deliver several times
_AGAIN_S: Final = 0.05
_BGR: Final = int.from_bytes(b"BGR3", "little")


def set_mode(capture: cv2.VideoCapture, mode: CameraMode) -> CameraMode:
    """Set an open capture, which takes the nearest that it can.

    Returns:
        What it has taken, of what was set.
    """
    if mode.format is not None:  # first: sizes and rates depend on it
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.format))
    if mode.size is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.size[1])
    if mode.fps is not None:
        capture.set(cv2.CAP_PROP_FPS, mode.fps)
    return CameraMode(
        None if mode.size is None else _size(capture),
        None if mode.fps is None else capture.get(cv2.CAP_PROP_FPS) or None,
        None if mode.format is None else _letters(int(capture.get(cv2.CAP_PROP_FOURCC))),
    )


def _size(capture: cv2.VideoCapture) -> tuple[int, int]:
    return int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))


def _letters(fourcc: int) -> str | None:
    return fourcc.to_bytes(4, "little").decode("latin-1").strip() if fourcc > 0 else None


@dataclass(slots=True)
class OpenCvDevice:
    """An open cv2.VideoCapture."""

    capture: cv2.VideoCapture
    silence: DeviceUnavailable  # raised where it delivers nothing
    first_s: float = _FIRST_S  # seconds to wait for the first picture
    _opened_s: float = field(default_factory=time.monotonic)
    _delivered: bool = False

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture.

        Whether there is one is decided by the picture and not by OpenCV's flag, which may stay true after an unplug.

        Returns:
            (height, width, 3) RGB, uint8; its size may change.

        Raises:
            DeviceUnavailable: There is none, or its kind of pixels is unknown.
        """
        while True:
            try:
                decoded, picture = self.capture.read()
            except cv2.error as error:
                raise self.silence from error
            if decoded and picture is not None and picture.size:
                return self._as_rgb(picture)
            if self._delivered or time.monotonic() - self._opened_s >= self.first_s:
                raise self.silence
            time.sleep(_AGAIN_S)

    def close(self) -> None:
        """Release the device."""
        self.capture.release()

    def _as_rgb(self, picture: MatLike) -> NDArray[np.uint8]:
        self._delivered = True
        try:
            return to_rgb(self._with_rows(picture))
        except (cv2.error, ValueError) as error:
            raise DeviceUnavailable(
                f"{self.silence.happened.split()[0]} delivers pictures of an unknown kind: {picture.shape} "
                f"{picture.dtype}.",
                fix="Set it to a usual format, such as MJPG or YUYV.",
            ) from error

    def _with_rows(self, picture: MatLike) -> MatLike:
        """Return the picture with its rows; raises ValueError for bytes that OpenCV did not decode.

        OpenCV 4.11 returns one row of bytes for cameras that offer BGR themselves, a format it prefers to any other.
        """
        if picture.ndim != 2 or len(picture) != 1:
            return picture
        names = (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FOURCC)
        height, width, format_ = (int(self.capture.get(name)) for name in names)
        if format_ != _BGR:
            raise ValueError("bytes that OpenCV did not decode")
        return picture.reshape(height, width, 3)
