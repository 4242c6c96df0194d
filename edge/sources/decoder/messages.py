"""What a decoder's process and its owner send one another: figures of fixed size, checked by the owner."""

import math
import socket
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

SLOTS: Final = 6  # pictures in shared memory: some in use, the others decoded meanwhile

_REQUEST: Final = Struct("=ddd?")
_STREAM: Final = Struct("=d")
_MESSAGE: Final = Struct("=BIIIdd")
MOST_BYTES: Final = 64  # of a message
MOST_REQUEST_BYTES: Final = 2**13
DESCRIPTORS: Final = 3  # with a request: the decoder's end of its connection, the shared memory, a video
_MOST_SECONDS: Final = 1e8


PICTURES: Final = b"pictures"  # a request for a decoder of picture files, which are sent to it one after the other


class VideoRequest(NamedTuple):
    """Which frames of a video are wanted, and what its container says."""

    start_s: float
    max_fps: float  # 0: all
    shown: float  # share of the frames that is shown
    counted: bool  # whether the container counts its frames

    def packed(self) -> bytes:
        """The request as bytes."""
        return _REQUEST.pack(*self)

    @classmethod
    def of(cls, data: bytes) -> "VideoRequest":
        """The request that `packed` returned."""
        return cls(*_REQUEST.unpack(data))


class StreamRequest(NamedTuple):
    """Which stream is wanted."""

    stall_s: float  # seconds without a picture after which it is given up
    url: str

    def packed(self) -> bytes:
        """The request as bytes."""
        return _STREAM.pack(self.stall_s) + self.url.encode()

    @classmethod
    def of(cls, data: bytes) -> "StreamRequest":
        """The request that `packed` returned."""
        (stall_s,) = _STREAM.unpack_from(data)
        return cls(stall_s, data[_STREAM.size :].decode())


class Reason(IntEnum):
    """Why a stream's decoder ends."""

    NO_VIDEO = 0  # the server does not answer, or not with a video
    ELSEWHERE = 1  # it refers to another server
    SILENT = 2  # nothing arrives any more
    DAMAGED = 3  # one picture that cannot be decoded is repeated
    NO_BEGINNING = 4  # no picture begins where one should
    ANNOUNCED = 5  # number: MB that one picture is announced to have
    UNENDING = 6  # number: MB that one picture has at least


class Kind(IntEnum):
    """What a decoder says."""

    OPENED = 0  # seconds: the length, or NaN
    FRAME = 1  # slot, height, width; seconds: its media time; number: frames dropped before
    ENDED = 2
    SHORT = 3  # number: frames that were read; seconds: frames that are announced; slot: 1 if it ends early
    NO_PICTURE = 4  # that can be decoded
    TOO_LARGE = 5  # height, width
    NO_MEMORY = 6
    DIED = 7  # slot: the signal, or 0; number: the exit code
    INTERLACED = 8
    FAILED = 9  # a stream; slot: a Reason; number: its figure


class Message(NamedTuple):
    """One message of a decoder; what the fields mean depends on its kind."""

    kind: Kind
    slot: int = 0
    height: int = 0
    width: int = 0
    seconds: float = 0.0
    number: float = 0.0

    def packed(self) -> bytes:
        """The message as bytes."""
        return _MESSAGE.pack(*self)

    @classmethod
    def of(cls, data: bytes) -> "Message | None":
        """The message that these bytes hold; None where no decoder would send them."""
        if len(data) != _MESSAGE.size:
            return None
        kind, slot, height, width, seconds, number = _MESSAGE.unpack(data)
        if kind not in Kind.__members__.values() or not 0 <= number <= _MOST_SECONDS:
            return None
        if kind == Kind.FRAME and not (slot < SLOTS and height and width and 0 <= seconds <= _MOST_SECONDS):
            return None
        if kind == Kind.OPENED and not (math.isnan(seconds) or 0 <= seconds <= _MOST_SECONDS):
            return None
        if kind == Kind.FAILED and slot not in Reason.__members__.values():
            return None
        return cls(Kind(kind), slot, height, width, seconds, number)


def receive(connection: socket.socket) -> bytes:
    """Wait for one message or request; empty where the other side has gone, and all of it was read."""
    try:
        return connection.recv(MOST_BYTES)
    except ConnectionResetError:  # it left something unread: that is reported once, and before its last messages
        return connection.recv(MOST_BYTES)
