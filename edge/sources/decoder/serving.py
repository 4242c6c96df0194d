"""One decoder: it confines itself, decodes one recording or stream, and ends; runs in a process of its own."""

import ctypes
import math
import mmap
import os
import resource
import socket
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import cv2

from edge.host.allow_list import allow_computing_alone
from edge.sources.decoder.complaints import Complaints
from edge.sources.decoder.messages import (
    DESCRIPTORS,
    MOST_BYTES,
    MOST_REQUEST_BYTES,
    PICTURES,
    SLOTS,
    Kind,
    Message,
    StreamRequest,
    VideoRequest,
    receive,
)
from edge.sources.decoder.slots import SLOT_BYTES, Slots
from edge.sources.decoder.video import Opened, Picture, Short, TooLarge, decoded
from edge.sources.pixels import MOST_FILE_BYTES, PictureTooLarge, decode

_MOST_PX: Final = 2**31  # of a side that is reported
MOST_BYTES_TAKEN: Final = 2 * 2**30  # of address space, beside that of the program itself and the shared memory
_PR_SET_DUMPABLE: Final = 4


def serve(requests: socket.socket, *, network: bool) -> NoReturn:
    """Confine this process, wait for a request, decode for its owner, and end.

    Args:
        network: Whether the request will be a StreamRequest, for which the process confines itself while it connects.
        requests: Where the request arrives, with descriptors: the connection to the owner, who sends the number of a
            slot for each picture that there is room for; the shared memory; and for a VideoRequest the video, open for
            reading, the only file that this process can read.
    """
    code = 1
    try:
        with requests:
            complaints = Complaints()
            limit() if network else confine()
            request, given, _, _ = socket.recv_fds(requests, MOST_REQUEST_BYTES, DESCRIPTORS)
        if request:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, given[0])
            wanted = StreamRequest.of(request) if network else request
            _serve(connection, Slots(given[1]), wanted, given[2:], complaints)
        code = 0
    except ConnectionError:  # the owner has gone
        code = 0
    finally:
        os._exit(code)


def _serve(
    connection: socket.socket, slots: Slots, request: bytes | StreamRequest, files: list[int], complaints: Complaints
) -> None:
    try:
        if isinstance(request, StreamRequest):
            _decode_stream(connection, slots, request)
        elif request == PICTURES:
            _decode_pictures(connection, slots)
        else:
            _decode_video(connection, slots, files[0], VideoRequest.of(request), complaints)
    except (MemoryError, OSError, cv2.error) as error:
        if isinstance(error, ConnectionError):
            raise
        connection.send(Message(Kind.NO_MEMORY).packed())


def limit() -> None:
    """Take no memory without end from now on, write no file, and leave no memory to be read."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _lower(resource.RLIMIT_AS, pages * mmap.PAGESIZE + SLOTS * SLOT_BYTES + MOST_BYTES_TAKEN)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))


def confine() -> None:
    """As `limit`, and give up, for good, the system calls that decoding does not need."""
    limit()
    with suppress(OSError):  # no kernel for it, as under an emulator: the limits hold all the same
        allow_computing_alone()


def _lower(limit: int, most: int) -> None:
    hard = resource.getrlimit(limit)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (most, most))


def _decode_video(
    connection: socket.socket, slots: Slots, file: int, request: VideoRequest, complaints: Complaints
) -> None:
    last, slot = Kind.NO_PICTURE, b""
    for found in decoded(file, request):
        if isinstance(found, Opened | Picture) and complaints.interlaced:
            last = Kind.INTERLACED
            break
        match found:
            case Opened(length_s):
                message = Message(Kind.OPENED, seconds=math.nan if length_s is None else length_s)
            case Picture(tick_s=tick_s, dropped_before=dropped):
                height, width = found.size
                found.write(slots.picture(slot[0], height, width))
                message = Message(Kind.FRAME, slot[0], height, width, tick_s, dropped)
            case TooLarge(height, width):
                message = Message(Kind.TOO_LARGE, height=height, width=width)
            case Short(read, announced, ends_early):
                message = Message(Kind.SHORT, slot=ends_early, seconds=announced, number=read)
        connection.send(message.packed())
        if not isinstance(found, Opened | Picture):
            return
        slot, last = receive(connection), Kind.ENDED  # before the next is decoded: no more than there is room for
        if not slot:
            return
    connection.send(Message(last).packed())


def _decode_stream(connection: socket.socket, slots: Slots, request: StreamRequest) -> None:
    from edge.sources.decoder.multipart import StreamFailed  # here: others need no network's libraries
    from edge.sources.decoder.stream import pictures

    slot = bytearray(1)
    try:
        for rgb in pictures(request, lambda height, width: slots.picture(slot[0], height, width)):
            message = Message(Kind.OPENED) if rgb is None else Message(Kind.FRAME, slot[0], *rgb.shape[:2])
            connection.send(message.packed())
            room = receive(connection)  # before the next is decoded: no more than there is room for
            if not room:
                return
            slot[:] = room
    except StreamFailed as failed:
        message = Message(Kind.FAILED, slot=failed.reason, number=failed.number)
    except PictureTooLarge as large:
        message = _too_large(large)
    connection.send(message.packed())


def _too_large(large: PictureTooLarge) -> Message:
    return Message(Kind.TOO_LARGE, 0, *(int(min(side, _MOST_PX)) for side in (large.height, large.width)))


def _decode_pictures(connection: socket.socket, slots: Slots) -> None:
    """Decode what the owner sends: each time the number of a slot, and the descriptor of a file."""
    while True:
        slot, given, _, _ = socket.recv_fds(connection, MOST_BYTES, 1)
        if not slot:
            return
        with open(given[0], "rb") as file:
            data = file.read(MOST_FILE_BYTES)
        try:
            rgb = decode("", data, partial(slots.picture, slot[0]))
        except PictureTooLarge as large:
            message = _too_large(large)
        else:
            message = Message(Kind.NO_PICTURE) if rgb is None else Message(Kind.FRAME, slot[0], *rgb.shape[:2])
        connection.send(message.packed())
