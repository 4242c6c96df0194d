"""Pictures one after the other over HTTP: how servers separate them, and how much of one is taken."""

import io
import time
from base64 import b64encode
from threading import Event
from typing import Any

import cv2
import numpy as np
import pytest

from edge.core.errors import DeviceUnavailable, SourceNotFound
from edge.core.gaps import Gap
from edge.sources.decoder.messages import Reason
from edge.sources.decoder.multipart import MOST_PART_BYTES, Multipart, StreamFailed
from edge.sources.lease import Lease
from edge.sources.live.frozen import FrozenPicture
from edge.sources.live.stream import Stream
from tests.sources.conftest import scene
from tests.sources.stream_server import StreamServer
from tests.timing import within

PICTURES = [cv2.imencode(".png", scene(index))[1].tobytes() for index in range(3)]


class Endless(io.RawIOBase):
    """A head, and then the same bytes without end."""

    def __init__(self, head: bytes, rest: bytes) -> None:
        self._head, self._rest, self.taken = head, rest, 0

    def read1(self, size: int) -> bytes:
        some, self._head = (self._head, b"") if self._head else (self._rest, b"")
        self.taken += len(some)
        return some


def device(answer: Any, boundary: bytes = b"next") -> Multipart:
    response: Any = io.BytesIO(answer) if isinstance(answer, bytes) else answer
    return Multipart(response, boundary, 5.0)


def part(picture: bytes, *lines: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join([b"--next", *lines, b"", b""]) + picture + end


@pytest.mark.parametrize(
    "answer",
    [
        b"".join(part(each, b"Content-Type: image/png", b"Content-Length: %d" % len(each)) for each in PICTURES),
        b"".join(part(each, b"content-length:%d" % len(each), end=b"\n") for each in PICTURES),
        b"".join(part(each, b"Content-Type: image/png") for each in PICTURES) + b"--next--",
        b"a preamble\r\n\r\n" + b"".join(part(each) for each in PICTURES) + b"--next",
    ],
    ids=["with lengths", "lines that end otherwise", "without lengths", "a preamble"],
)
def test_pictures_come_in_their_order(answer: bytes) -> None:
    pictures = device(answer)
    for index in range(3):
        assert np.array_equal(pictures.read(), cv2.cvtColor(scene(index), cv2.COLOR_BGR2RGB))
    with pytest.raises(StreamFailed, match=Reason.SILENT.name):
        pictures.read()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Endless(b"--next\r\nContent-Length: 2000000000\r\n\r\n", bytes(2**16)), Reason.ANNOUNCED),
        (Endless(b"--next\r\n\r\n", bytes(2**16)), Reason.UNENDING),
        (Endless(b"--next\r\nX-More: ", b"x" * 2**16), Reason.UNENDING),
        (Endless(b"--next\r\n", b"X-More: x\r\n" * 1000), Reason.NO_BEGINNING),
    ],
    ids=["a length", "no length", "a line", "lines"],
)
def test_what_is_too_much_is_refused_before_it_is_taken(answer: Endless, reason: Reason) -> None:
    with pytest.raises(StreamFailed, match=reason.name):
        device(answer).read()
    assert answer.taken < 2 * MOST_PART_BYTES


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    jpeg = bytearray(cv2.imencode(".jpg", scene(0))[1].tobytes())
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = (26000).to_bytes(2) * 2
    with pytest.raises(SourceNotFound, match="50 megapixels"):
        device(part(bytes(jpeg), b"Content-Length: %d" % len(jpeg))).read()


def test_one_damaged_picture_again_and_again_is_a_frozen_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr("edge.sources.decoder.multipart.time.monotonic", lambda: next(ticks) / 10)
    half = PICTURES[0][: len(PICTURES[0]) // 2]
    with pytest.raises(StreamFailed, match=Reason.DAMAGED.name):
        device(part(half, b"Content-Length: %d" % len(half)) * 100).read()


def test_a_stream_that_repeats_one_picture_is_frozen() -> None:
    began_s = time.monotonic()
    with StreamServer([PICTURES[0]]) as server:
        lease = Lease(FrozenPicture(after_s=0.2))
        with Stream(server.url).open(Event(), lease) as frames, pytest.raises(DeviceUnavailable) as raised:
            for _ in frames:
                pass
    assert raised.value.gap is Gap.CAMERA_FROZEN
    assert time.monotonic() - began_s < within(4)
    assert Lease().frozen._after_s == 2.0


def test_the_address_carries_name_and_password() -> None:
    with StreamServer(PICTURES) as server:
        server.wants = "Basic " + b64encode(b"anna:s p").decode()
        with pytest.raises(DeviceUnavailable, match="does not answer"), Stream(server.url).open(Event()):
            pass
        with Stream(server.url.replace("//", "//anna:s%20p@")).open(Event()) as frames:
            assert next(frames).rgb.shape == (48, 64, 3)
