"""OpenCV's live capture as a device: pictures in RGB, and an error where there are no more."""

import time
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable
from edge.sources.pixels import to_rgb

_FIRST_S: Final = 4.0  # a camera that warms up may say several times that it has no picture yet
_AGAIN_S: Final = 0.05
_BGR: Final = int.from_bytes(b"BGR3", "little")


@dataclass(slots=True)
class OpenCvDevice:
    """An open cv2.VideoCapture, and the error to raise where it delivers nothing."""

    capture: cv2.VideoCapture
    silence: DeviceUnavailable
    first_s: float = _FIRST_S
    _opened_s: float = field(default_factory=time.monotonic)
    _came: bool = False

    def read(self) -> NDArray[np.uint8]:
        """The next picture, RGB (height, width, 3), whatever its size; any known kind of pixels is converted.

        A picture is believed and not the flag beside it: after an unplug OpenCV may go on to say that all is well.
        """
        while True:
            try:
                decoded, picture = self.capture.read()
            except cv2.error as error:
                raise self.silence from error
            if decoded and picture is not None and picture.size:
                return self._known(picture)
            if self._came or time.monotonic() - self._opened_s >= self.first_s:
                raise self.silence
            time.sleep(_AGAIN_S)

    def close(self) -> None:
        """Give the device back."""
        self.capture.release()

    def _known(self, picture: MatLike) -> NDArray[np.uint8]:
        self._came = True
        try:
            return to_rgb(self._with_rows(picture))
        except (cv2.error, ValueError) as error:
            raise DeviceUnavailable(
                f"{self.silence.happened.split()[0]} delivers pictures of an unknown kind: {picture.shape} "
                f"{picture.dtype}.",
                fix="Set it to a usual format, such as MJPG or YUYV.",
            ) from error

    def _with_rows(self, picture: MatLike) -> MatLike:
        """The picture, where OpenCV 4.11 hands out a camera's own BGR as one row of bytes; ValueError for other bytes.

        It does so for cameras that offer that format, which it prefers to any other.
        """
        if picture.ndim != 2 or len(picture) != 1:
            return picture
        names = (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FOURCC)
        height, width, format_ = (int(self.capture.get(name)) for name in names)
        if format_ != _BGR:
            raise ValueError("bytes that OpenCV did not decode")
        return picture.reshape(height, width, 3)
