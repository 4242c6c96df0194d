"""Pictures that an HTTP server sends one after the other (multipart/x-mixed-replace), read within bounds.

FFmpeg takes as much memory as a part claims to need, without a limit.
"""

import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Final, cast
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

from edge.sources.decoder.messages import Reason
from edge.sources.decoder.resolved import NotResolved
from edge.sources.live.frozen import FROZEN_S
from edge.sources.pixels import Place, decode

MOST_PART_BYTES: Final = 16 * 2**20  # of one picture; a JPEG of 50 megapixels seldom has more
_MOST_HEAD_BYTES: Final = 16 * 2**10  # of the lines before one
_CHUNK_BYTES: Final = 2**16
_MOST_MB: Final = 1e8  # that is reported


class StreamFailed(Exception):
    """A stream delivers nothing more.

    Args:
        reason: Why.
        number: The reason's figure.
    """

    def __init__(self, reason: Reason, number: float = 0.0) -> None:
        self.reason, self.number = reason, number
        super().__init__(reason.name)


@dataclass(slots=True)
class Multipart:
    """An answer whose pictures are read one after the other.

    Args:
        response: The answer.
        boundary: What separates its parts, without hyphens in front; empty: the answer does not say.
        stall_s: Seconds after which a picture that is not complete is given up.
    """

    response: HTTPResponse
    boundary: bytes
    stall_s: float
    _buffer: bytearray = field(default_factory=bytearray)
    _deadline_s: float = 0.0
    _inside: bool = False  # whether a boundary was read already

    def read(self, place: Place | None = None) -> NDArray[np.uint8]:
        """Wait for the next picture that can be decoded.

        Args:
            place: Where it is written; None: new memory.

        Returns:
            (height, width, 3) RGB, uint8; its size may change.

        Raises:
            StreamFailed: There is none for `stall_s`, one is larger than MOST_PART_BYTES, or one that cannot be decoded
                is repeated for FROZEN_S.
            PictureTooLarge: One has too many pixels.
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
            rgb = decode("", part, place)
            if rgb is not None:
                return rgb
            began_s, damaged = (began_s, part) if part == damaged else (time.monotonic(), part)
            if time.monotonic() - began_s >= FROZEN_S:
                raise StreamFailed(Reason.DAMAGED)

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
        raise StreamFailed(Reason.NO_BEGINNING)

    def _exactly(self, length: int) -> bytes:
        if length > MOST_PART_BYTES:
            raise StreamFailed(Reason.ANNOUNCED, min(length / 1e6, _MOST_MB))
        while len(self._buffer) < length:
            self._fill()
        return self._taken(length, 0)

    def _until(self, mark: bytes, most: int) -> bytes:
        """Take what comes before `mark`, and drop the mark."""
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            if len(self._buffer) > most:
                raise StreamFailed(Reason.UNENDING, most / 1e6)
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
            raise StreamFailed(Reason.SILENT) from error
        if not more or time.monotonic() >= self._deadline_s:
            raise StreamFailed(Reason.SILENT)
        self._buffer += more


def http_answer(url: str, stall_s: float) -> HTTPResponse:
    """Ask an HTTP server for a stream.

    Args:
        url: With user name and password, if the server asks for them (basic or digest).
        stall_s: Seconds without an answer after which it is given up.

    Raises:
        StreamFailed: It does not answer, or with an error, or refers to another server.
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
        return cast(HTTPResponse, opener.open(bare, timeout=stall_s))
    except (URLError, OSError, HTTPException, ValueError) as error:
        elsewhere = isinstance(getattr(error, "reason", error), NotResolved)
        raise StreamFailed(Reason.ELSEWHERE if elsewhere else Reason.NO_VIDEO) from error


def pictures_of(response: HTTPResponse, stall_s: float) -> Multipart | None:
    """Return the pictures of an answer; None where it is something else, such as a video."""
    if response.headers.get_content_maintype() != "multipart":
        return None
    boundary = str(response.headers.get_param("boundary") or "").lstrip("-")  # some servers count the hyphens in
    return Multipart(response, boundary.encode("latin-1", "replace"), stall_s)


def _as_ffmpeg() -> ssl.SSLContext:
    """Encryption without proof of who the server is: cameras sign their certificates themselves. It reads no file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
