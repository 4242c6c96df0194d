"""Pictures that an HTTP server sends one after the other (multipart/x-mixed-replace), read within bounds.

FFmpeg takes as much memory as a part claims to need, without a limit.
"""

import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.error import URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPDefaultErrorHandler,
    HTTPDigestAuthHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable
from edge.core.gaps import Gap
from edge.sources.live.frozen import FROZEN_S
from edge.sources.pixels import decode

MOST_PART_BYTES: Final = 16 * 2**20  # of one picture; a JPEG of 50 megapixels seldom has more
_MOST_HEAD_BYTES: Final = 16 * 2**10  # of the lines before one
_CHUNK_BYTES: Final = 2**16


@dataclass(slots=True)
class MultipartDevice:
    """An answer whose pictures are read by one thread.

    Args:
        response: The answer.
        boundary: What separates its parts, without hyphens in front; empty: the answer does not say.
        name: The stream's name, for messages.
        stall_s: Seconds after which a picture that is not complete is given up.
    """

    response: HTTPResponse
    boundary: bytes
    name: str
    stall_s: float
    _buffer: bytearray = field(default_factory=bytearray)
    _deadline_s: float = 0.0
    _inside: bool = False  # whether a boundary was read already

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture that can be decoded.

        Returns:
            (height, width, 3) RGB, uint8; its size may change.

        Raises:
            DeviceUnavailable: There is none for `stall_s`, one is larger than MOST_PART_BYTES, or one that cannot be
                decoded is repeated for FROZEN_S.
            SourceNotFound: One has too many pixels.
        """
        began_s, damaged = time.monotonic(), b""
        self._deadline_s = began_s + self.stall_s
        while True:
            length = self._head()
            if length is None:
                part = self._until(b"--" + self.boundary, MOST_PART_BYTES)
                self._inside = True
            else:
                part = self._exactly(length)
            rgb = decode(self.name, part)
            if rgb is not None:
                return rgb
            began_s, damaged = (began_s, part) if part == damaged else (time.monotonic(), part)
            if time.monotonic() - began_s >= FROZEN_S:
                raise DeviceUnavailable(
                    f"{self.name} repeats one damaged picture.",
                    fix="Switch the camera off and on again.",
                    gap=Gap.CAMERA_FROZEN,
                )

    def close(self) -> None:
        """Close the connection."""
        self.response.close()

    def _head(self) -> int | None:
        """Read the lines before a picture; its length in bytes, None where they do not say."""
        length, read = None, 0
        if self._inside:
            self._until(b"\n", _MOST_HEAD_BYTES)  # the rest of the boundary's line
        while read < _MOST_HEAD_BYTES:
            line = self._until(b"\n", _MOST_HEAD_BYTES)
            read += len(line) + 1
            name, _, value = line.strip().partition(b":")
            if not self._inside:
                self._inside = line.startswith(b"--")
            elif name.lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
            elif not name and (length is not None or self.boundary):
                self._inside = False
                return length
        raise self._refused("no picture begins where one should.")

    def _exactly(self, length: int) -> bytes:
        if length > MOST_PART_BYTES:
            raise self._refused(f"it announces {length / 1e6:,.0f} MB for one picture.")
        while len(self._buffer) < length:
            self._fill()
        return self._taken(length, 0)

    def _until(self, mark: bytes, most: int) -> bytes:
        """Take what comes before `mark`, and drop the mark."""
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            if len(self._buffer) > most:
                raise self._refused(f"one picture has more than {most / 1e6:,.0f} MB.")
            searched = max(len(self._buffer) - len(mark), 0)
            self._fill()
        return self._taken(at, len(mark))

    def _taken(self, length: int, dropped: int) -> bytes:
        taken = bytes(self._buffer[:length])
        del self._buffer[: length + dropped]
        return taken

    def _fill(self) -> None:
        try:
            more = self.response.read1(_CHUNK_BYTES)
        except (OSError, HTTPException) as error:
            raise self._silence() from error
        if not more or time.monotonic() >= self._deadline_s:
            raise self._silence()
        self._buffer += more

    def _silence(self) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self.name} ended or fell silent.", fix="Check that it is on.")

    def _refused(self, reason: str) -> DeviceUnavailable:
        return DeviceUnavailable(
            f"{self.name} is refused: {reason}", fix="Check the address, and the camera's settings."
        )


def multipart_device(url: str, name: str, stall_s: float) -> MultipartDevice | None:
    """Ask an HTTP server for pictures.

    Args:
        url: With user name and password, if the server asks for them (basic or digest).
        name: The stream's name, for messages.
        stall_s: Seconds without an answer after which it is given up.

    Returns:
        The pictures; None where the server answers with something else, such as a video.

    Raises:
        DeviceUnavailable: It does not answer, or with an error.
    """
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    passwords = HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        passwords.add_password(None, bare, unquote(parts.username), unquote(parts.password or ""))
    opener = OpenerDirector()  # not urllib's own: it would follow an address to files and FTP
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(context=_as_ffmpeg()),
        HTTPBasicAuthHandler(passwords),
        HTTPDigestAuthHandler(passwords),
        HTTPRedirectHandler(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    try:
        response = opener.open(bare, timeout=stall_s)
    except (URLError, OSError, HTTPException, ValueError) as error:
        raise DeviceUnavailable(
            f"{name} does not answer with a video.", fix="Check the address, and that the camera is on."
        ) from error
    if response.headers.get_content_maintype() != "multipart":
        response.close()
        return None
    boundary = str(response.headers.get_param("boundary") or "").lstrip("-")  # some servers count the hyphens in
    return MultipartDevice(response, boundary.encode("latin-1", "replace"), name, stall_s)


def _as_ffmpeg() -> ssl.SSLContext:
    """Encryption without proof of who the server is: cameras sign their certificates themselves."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
