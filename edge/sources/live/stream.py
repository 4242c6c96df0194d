"""Network streams: RTSP, and MJPEG or video over HTTP."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable, EdgeError, SourceNotFound
from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.core.text import capitalised, valid_text
from edge.sources.decoder.client import Decoder, DecoderDied, new_decoder
from edge.sources.decoder.messages import Kind, Message, Reason, StreamRequest
from edge.sources.lease import Lease
from edge.sources.live.latest import newest_frames
from edge.sources.pixels import PictureTooLarge

SCHEMES: Final = ("http", "https", "rtsp", "rtsps")
_MOST_LETTERS: Final = 2000


@dataclass(frozen=True, slots=True)
class Stream:
    """A live stream by its URL, whose user name and password are never displayed.

    A process of its own connects to it and decodes it; it can open no file, and this program needs no network.
    """

    url: str = field(repr=False)
    stall_s: float = 5.0  # longer than for a camera: networks have short interruptions

    def __post_init__(self) -> None:
        """Check the URL; raises SourceNotFound where its scheme is not one of a stream."""
        try:
            known = urlsplit(self.url).scheme in SCHEMES and bool(urlsplit(self.url).hostname)
            known = known and valid_text(self.url) == self.url and len(self.url) <= _MOST_LETTERS
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

    def _connect(self, closed: Event) -> "_Device":
        decoder = new_decoder(StreamRequest(self.stall_s, self.url).packed(), closed, network=True)
        device = _Device(self.name, decoder)
        try:
            device.wait_until_open()
        except BaseException:
            device.close()
            raise
        return device


@dataclass(frozen=True, slots=True)
class _Device:
    """A stream that is decoded; its end is that of the process."""

    name: str
    decoder: Decoder

    def wait_until_open(self) -> None:
        self._next(Kind.OPENED)

    def read(self) -> NDArray[np.uint8]:
        return self.decoder.picture(self._next(Kind.FRAME))

    def close(self) -> None:
        self.decoder.end()

    def _next(self, kind: Kind) -> Message:
        try:
            message = self.decoder.message()
        except DecoderDied as death:
            raise DeviceUnavailable(
                f"{capitalised(self.name)}: its decoder failed ({death}).",
                fix="Set the camera to another format, such as MJPEG or H.264.",
            ) from None
        if message is None:
            raise self._silent()
        if message.kind is not kind:
            raise self._refused(message)
        return message

    def _refused(self, message: Message) -> EdgeError:
        """The error that a decoder's last message stands for."""
        if message.kind is Kind.TOO_LARGE:
            return PictureTooLarge(self.name, message.width, message.height)
        if message.kind is not Kind.FAILED:
            return DeviceUnavailable(
                f"{self.name} needs more memory than its decoder may take.", fix="Set the camera to smaller pictures."
            )
        refused, settings = f"{self.name} is refused", "Check the address, and the camera's settings."
        match Reason(message.slot):
            case Reason.NO_VIDEO:
                return DeviceUnavailable(
                    f"{self.name} does not answer with a video.", fix="Check the address, and that the camera is on."
                )
            case Reason.ELSEWHERE:
                return DeviceUnavailable(f"{refused}: it refers to another server.", fix="Give that one's address.")
            case Reason.SILENT:
                return self._silent()
            case Reason.DAMAGED:
                return DeviceUnavailable(
                    f"{self.name} repeats one damaged picture.",
                    fix="Switch the camera off and on again.",
                    gap=Gap.CAMERA_FROZEN,
                )
            case Reason.NO_BEGINNING:
                reason = "no picture begins where one should"
            case Reason.ANNOUNCED:
                reason = f"it announces {message.number:,.0f} MB for one picture"
            case Reason.UNENDING:
                reason = f"one picture has more than {message.number:,.0f} MB"
        return DeviceUnavailable(f"{refused}: {reason}.", fix=settings)

    def _silent(self) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self.name} ended or fell silent.", fix="Check that it is on.")
