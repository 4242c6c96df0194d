"""USB cameras, read through Video4Linux, and the reasons why one does not open."""

import errno
import grp
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import cv2

from edge.core.choices.camera_mode import AS_IT_IS, CameraMode
from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.sources.lease import Lease
from edge.sources.live.latest import STALL_S, newest_frames
from edge.sources.live.opencv import OpenCvDevice, set_mode

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera by its device file."""

    device: Path  # such as /dev/video0
    mode: CameraMode = AS_IT_IS
    stall_s: float = STALL_S  # seconds without a frame after which it is given up

    @property
    def name(self) -> str:
        """`camera 0` for /dev/video0, `camera` and the device for other paths."""
        return f"camera {str(self.device).removeprefix('/dev/video')}"

    @property
    def live(self) -> bool:
        """True: only the newest frame is read."""
        return True

    def open(self, stop: Event, lease: Lease | None = None) -> AbstractContextManager[Iterator[Frame]]:
        """Open the camera and yield its newest frame each time.

        Raises:
            DeviceUnavailable: On entering, it is absent, forbidden, busy or not a camera. From the iterator, it was
                unplugged, stopped delivering frames or repeats one picture.
        """
        return newest_frames(self.name, self._connect, stop, lease, stall_s=self.stall_s, notice_frozen=True)

    def plugged(self) -> object | None:
        """Return the inode of the device file, which is a new one each time the camera is plugged in."""
        try:
            there = os.stat(self.device)
        except OSError:
            return None
        return there.st_ino, there.st_rdev, there.st_ctime_ns

    def _connect(self, closed: Event) -> OpenCvDevice:
        refuse_if_forbidden(self.device)
        capture = cv2.VideoCapture(str(self.device), cv2.CAP_V4L2)
        if not capture.isOpened():
            capture.release()
            raise _busy_or_no_camera(self.device)
        if difference := self.mode.difference(str(self.device), set_mode(capture, self.mode)):
            log.warning("%s", difference)
        gone = DeviceUnavailable(f"{self.device} delivers no pictures.", fix="Check its cable, or plug it in again.")
        return OpenCvDevice(capture, gone)


def refuse_if_forbidden(device: Path) -> None:
    """Check that a camera's device file can be opened.

    Raises:
        DeviceUnavailable: It does not exist, is busy, or this user may not open it.
    """
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            group = _group(device)
            raise DeviceUnavailable(
                f"{device} may be opened only by the group {group}.",
                fix=f"Run `sudo usermod -aG {group} $USER`, then log in again.",
                gap=Gap.CAMERA_FORBIDDEN,
            ) from error
        if error.errno == errno.EBUSY:
            raise _busy_or_no_camera(device, busy=True) from error
        raise DeviceUnavailable(
            f"{device} does not exist: no camera is connected there.", fix=_others(device)
        ) from error


def _busy_or_no_camera(device: Path, busy: bool = False) -> DeviceUnavailable:
    holder = _holder(device)
    if holder or busy:
        return DeviceUnavailable(
            f"{device} is in use by {holder or 'another program'}.", fix="Close it there first.", gap=Gap.CAMERA_BUSY
        )
    return DeviceUnavailable(f"{device} opens, but is no camera that delivers pictures.", fix=_others(device))


def _others(device: Path) -> str:
    others = sorted(str(path) for path in Path("/dev").glob("video[0-9]*") if path != device)
    return f"Try {' or '.join(others)}." if others else "Connect a camera."


def _group(device: Path) -> str:
    try:
        return grp.getgrgid(device.stat().st_gid).gr_name
    except (OSError, KeyError):
        return "video"


def _holder(device: Path) -> str | None:
    """Return the process that has a device open, as `name (process 123)`; None where /proc does not show it."""
    wanted = os.path.realpath(device)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) == wanted:
                process = link.parent.parent
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
    return None
