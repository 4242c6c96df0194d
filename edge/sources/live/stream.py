"""Network streams: RTSP, and MJPEG or video over HTTP."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Final
from urllib.parse import urlsplit

import cv2

from edge.core.errors import DeviceUnavailable, SourceNotFound
from edge.core.frames import Frame
from edge.core.text import valid_text
from edge.sources.lease import Lease
from edge.sources.live.latest import Device, newest_frames
from edge.sources.live.opencv import OpenCvDevice
from edge.sources.pixels import refuse_if_large

SCHEMES: Final = ("http", "https", "rtsp", "rtsps")


@dataclass(frozen=True, slots=True)
class Stream:
    """A live stream by its URL, whose user name and password are never displayed."""

    url: str = field(repr=False)
    stall_s: float = 5.0  # longer than for a camera: networks have short interruptions

    def __post_init__(self) -> None:
        """Check the URL; raises SourceNotFound where its scheme is not one of a stream."""
        try:
            known = urlsplit(self.url).scheme in SCHEMES and bool(urlsplit(self.url).hostname)
            known = known and valid_text(self.url) == self.url  # OpenCV crashes on anything else
        except ValueError:
            known = False
        if not known:
            scheme = self.url.partition("://")[0]
            raise SourceNotFound(
                f"The address that begins with {scheme}:// is not one of a stream.",
                fix="Give one such as rtsp://camera.local/stream or http://camera.local/video.",
            )

    @property
    def name(self) -> str:
        """The URL without user name, password and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def live(self) -> bool:
        """True: only the newest frame is read."""
        return True

    def open(self, stop: Event, lease: Lease | None = None) -> AbstractContextManager[Iterator[Frame]]:
        """Connect and yield the newest frame each time.

        Raises:
            DeviceUnavailable: On entering, the server does not answer. From the iterator, the stream ended or stopped,
                repeats one picture, or one is too large.
        """
        return newest_frames(
            f"stream {self.name}", self._connect, stop, lease, stall_s=self.stall_s, notice_frozen=True
        )

    def _connect(self) -> Device:
        if self.url.startswith("http"):
            from edge.sources.live.multipart import multipart_device  # here: other sources start sooner

            if (pictures := multipart_device(self.url, self.name, self.stall_s)) is not None:
                return pictures
        most_ms = int(self.stall_s * 1000)
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, most_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, most_ms)
        capture = cv2.VideoCapture(self.url, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            raise DeviceUnavailable(
                f"{self.name} does not answer with a video.", fix="Check the address, and that the camera is on."
            )
        refuse_if_large(self.name, capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        silence = DeviceUnavailable(f"{self.name} ended or fell silent.", fix="Check that it is on.")
        return OpenCvDevice(capture, silence, first_s=0.0)
