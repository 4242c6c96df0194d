"""A stream by its URL: connected to and decoded, with no right to open a file; with HTTP also none to connect again."""

import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException, HTTPResponse
from threading import Thread
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.host.allow_list import allow_computing_alone, allow_connecting
from edge.sources.decoder.messages import Reason, StreamRequest
from edge.sources.decoder.multipart import StreamFailed, http_answer, pictures_of
from edge.sources.decoder.resolved import numeric, resolve
from edge.sources.decoder.video import opened_file, set_options
from edge.sources.pixels import Place, refuse_if_large, to_rgb

_CHUNK_BYTES: Final = 2**16
_RTSP: Final = "rtsp_transport;tcp|protocol_whitelist;tcp,tls|format_whitelist;rtsp"
_PORTS: Final = {"rtsp": 554, "rtsps": 322}


def pictures(request: StreamRequest, place: Place) -> Iterator[NDArray[np.uint8] | None]:
    """Connect to a stream, and decode it; on the way this process gives up, for good, what it needs no more.

    Args:
        request: Which stream.
        place: Where each picture is written.

    Yields:
        None once the server answers with a stream; then its pictures, (height, width, 3) RGB, uint8.

    Raises:
        StreamFailed: It does not answer, or delivers nothing more.
        PictureTooLarge: A picture is.
    """
    resolve(request.url)
    pipe = os.pipe()
    with suppress(OSError):  # no kernel for it, as under an emulator
        allow_connecting()
    if not request.url.startswith("http"):
        yield from _decoded(_opened_rtsp(request), request.stall_s, place)
    else:
        with closing(http_answer(request.url, request.stall_s)) as response:
            with suppress(OSError):
                allow_computing_alone()
            if (parts := pictures_of(response, request.stall_s)) is None:
                yield from _decoded(_opened_answer(response, *pipe), request.stall_s, place)
            else:
                yield None
                while True:
                    yield parts.read(place)


def _decoded(capture: cv2.VideoCapture, stall_s: float, place: Place) -> Iterator[NDArray[np.uint8] | None]:
    if not capture.isOpened():
        raise StreamFailed(Reason.NO_VIDEO)
    refuse_if_large("", capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    yield None
    while True:
        began_s = time.monotonic()
        got, bgr = capture.read()
        if (
            not got or bgr is None or not bgr.size or time.monotonic() - began_s >= stall_s
        ):  # then it empties its buffers
            raise StreamFailed(Reason.SILENT)
        height, width = bgr.shape[:2]
        refuse_if_large("", width, height)  # the size may change
        yield to_rgb(bgr, place(height, width))


def _opened_rtsp(request: StreamRequest) -> cv2.VideoCapture:
    """Let FFmpeg connect, by TCP alone: with UDP it would have to receive connections."""
    try:
        url = numeric(request.url, request.stall_s, _PORTS[request.url.partition(":")[0]])
    except OSError as error:
        raise StreamFailed(Reason.NO_VIDEO) from error
    set_options(_RTSP)
    most_ms = int(request.stall_s * 1000)
    limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, most_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, most_ms)
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)


def _opened_answer(response: HTTPResponse, read: int, write: int) -> cv2.VideoCapture:
    """Let FFmpeg read a video through a pipe while it arrives, from its beginning on, and nothing else."""
    Thread(target=_pass_on, args=(response, write), daemon=True).start()
    return opened_file(read)


def _pass_on(response: HTTPResponse, write: int) -> None:
    with open(write, "wb", buffering=0) as reader, suppress(OSError, HTTPException):
        while some := response.read1(_CHUNK_BYTES):
            while some:
                some = some[reader.write(some) :]
