"""OpenCV's live capture as a device: pictures in RGB, and an error where there are no more."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable
from edge.sources.pixels import to_rgb


@dataclass(frozen=True, slots=True)
class Capture:
    """An open cv2.VideoCapture, and the error to raise where it delivers nothing."""

    capture: cv2.VideoCapture
    silence: DeviceUnavailable

    def read(self) -> NDArray[np.uint8]:
        """The next picture, RGB (height, width, 3)."""
        try:
            decoded, picture = self.capture.read()
            if decoded and picture is not None and picture.size:
                return to_rgb(picture)
        except (cv2.error, ValueError) as error:
            raise self.silence from error
        raise self.silence

    def close(self) -> None:
        """Give the device back."""
        self.capture.release()
