"""Raspberry Pi cameras, read through Picamera2, which is imported when one is opened."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from threading import Event
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.choices.camera_mode import CameraMode
from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.sources.lease import Lease
from edge.sources.live.latest import STALL_S, newest_frames

PI_SIZE: Final = (640, 480)  # (width, height) in pixels
_RGB_IN_MEMORY: Final = "BGR888"  # Picamera2 names a format by the reverse of its bytes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PiCamera:
    """A camera on the ribbon cable of a Raspberry Pi."""

    number: int = 0
    size: tuple[int, int] = PI_SIZE
    stall_s: float = STALL_S  # seconds without a frame after which it is given up

    @property
    def name(self) -> str:
        """`Pi camera 0`."""
        return f"Pi camera {self.number}"

    @property
    def live(self) -> bool:
        """True: only the newest frame is read."""
        return True

    def open(self, stop: Event, lease: Lease | None = None) -> AbstractContextManager[Iterator[Frame]]:
        """Open the camera and yield its newest frame each time; raises DeviceUnavailable as `Camera.open`."""
        return newest_frames(self.name, self._connect, stop, lease, stall_s=self.stall_s, notice_frozen=True)

    def _connect(self, closed: Event) -> "_Device":
        library = _picamera2()
        if self.number >= len(library.global_camera_info()):
            raise DeviceUnavailable(
                f"{self.name} is not connected.", fix="Check its ribbon cable, then run `rpicam-hello --list-cameras`."
            )
        try:
            camera = library(self.number)
        except (RuntimeError, IndexError) as error:
            raise DeviceUnavailable(
                f"{self.name} is in use by another program.", fix="Close it there first.", gap=Gap.CAMERA_BUSY
            ) from error
        try:
            camera.configure(camera.create_video_configuration(main={"size": self.size, "format": _RGB_IN_MEMORY}))
            width, height = camera.camera_configuration()["main"]["size"]  # Picamera2 changes one that does not fit
            if difference := CameraMode(self.size).difference(self.name, CameraMode((width, height))):
                log.warning("%s", difference)
            camera.start()
        except RuntimeError as error:
            camera.close()
            raise DeviceUnavailable(f"{self.name} does not start.", fix="Check its ribbon cable.") from error
        return _Device(self.name, camera)


@dataclass(frozen=True, slots=True)
class _Device:
    name: str
    camera: Any  # Picamera2, which has no types

    def read(self) -> NDArray[np.uint8]:
        try:
            return np.ascontiguousarray(self.camera.capture_array("main"), dtype=np.uint8)
        except RuntimeError as error:
            raise DeviceUnavailable(f"{self.name} stopped.", fix="Check its ribbon cable.") from error

    def close(self) -> None:
        self.camera.stop()
        self.camera.close()


def _picamera2() -> Any:
    """Import the class Picamera2; raises DeviceUnavailable where it is not installed."""
    try:
        return import_module("picamera2").Picamera2
    except ValueError as error:  # "numpy.dtype size changed"
        raise DeviceUnavailable(
            "Picamera2 is installed here with a simplejpeg for another numpy.",
            fix="Install edge-expressiveness with its extra pi; see docs/raspberry-pi.md.",
        ) from error
    except ImportError as error:
        raise DeviceUnavailable(
            "Picamera2, the library for Raspberry Pi cameras, is not installed here.",
            fix="Run `sudo apt install python3-picamera2` and make the environment with --system-site-packages.",
        ) from error
