"""What decoding apart costs: `python -m tests.benchmark.decoding`, by turns with decoding in this process.

First JPEG pictures one by one, as of a USB camera that delivers MJPEG; then a stream over HTTP on this machine. Times
are medians of rounds, in milliseconds a picture; processor time is that of this process and of the decoder's.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event

import cv2

from edge.core.frames import Frame
from edge.sources.decoder.multipart import http_answer, pictures_of
from edge.sources.decoder.pictures import PictureDecoder
from edge.sources.live.latest import newest_frames
from edge.sources.live.stream import Stream
from edge.sources.pixels import decode
from edge.sources.recorded.demo import picture
from tests.sources.stream_server import StreamServer

ROUNDS, PICTURES, STALL_S = 7, 150, 5.0
Turn = Callable[[], None]


def main() -> None:
    """Print the figures of both."""
    for width, height in ((640, 480), (1280, 720)):
        content = [
            cv2.imencode(".jpg", cv2.resize(picture(index), (width, height)), [cv2.IMWRITE_JPEG_QUALITY, 90])[
                1
            ].tobytes()
            for index in range(30, 40)
        ]
        with closing(PictureDecoder(Event())) as apart:
            _print(f"JPEG {width}x{height}", partial(_each_here, content), partial(_each_apart, apart, content))
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.Process(target=_serve, args=(theirs, content))
        server.start()
        url = ours.recv()
        _print(f"stream {width}x{height}", partial(_stream_here, url), partial(_stream_apart, url))
        ours.send(None)
        server.join()


def _each_here(content: list[bytes]) -> None:
    for index in range(PICTURES):
        decode("", content[index % len(content)])


def _each_apart(apart: PictureDecoder, content: list[bytes]) -> None:
    for index in range(PICTURES):
        ((_, rgb),) = apart.in_turn([("", content[index % len(content)])])
        assert rgb is not None


class _Here:
    """A stream that this process connects to and decodes."""

    def __init__(self, url: str) -> None:
        self._response = http_answer(url, STALL_S)
        parts = pictures_of(self._response, STALL_S)
        assert parts is not None
        self.read = parts.read

    def close(self) -> None:
        self._response.close()


def _stream_here(url: str) -> None:
    _read(newest_frames("stream", lambda _: _Here(url), Event(), notice_frozen=True))


def _stream_apart(url: str) -> None:
    _read(Stream(url).open(Event()))


def _read(opening: AbstractContextManager[Iterator[Frame]]) -> None:
    with opening as frames:
        read = 0
        for frame in frames:
            read += 1 + frame.dropped_before
            if read >= PICTURES:
                return


def _print(name: str, here: Turn, apart: Turn) -> None:
    found: dict[str, list[tuple[float, float]]] = {"here": [], "apart": []}
    for _ in range(ROUNDS + 1):
        for kind, turn in (("here", here), ("apart", apart)):
            began_s, taken_s = time.perf_counter(), _taken_s()
            turn()
            found[kind].append((time.perf_counter() - began_s, _taken_s() - taken_s))
    for kind, rounds in found.items():
        wall_ms, cpu_ms = (1000 * statistics.median(column) / PICTURES for column in zip(*rounds[1:], strict=True))
        print(f"{name:18} {kind:6} {wall_ms:6.2f} ms, {cpu_ms:6.2f} ms of processor time a picture", flush=True)


def _taken_s() -> float:
    """Processor time of this process and of those that decode for it, also of those that ended."""
    ticks = 0.0
    for process in _family(os.getpid()):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        own = process == os.getpid()
        ticks += sum(map(float, fields[11:13] if own else fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(process: int) -> Iterator[int]:
    yield process
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        if b"decoder.server" in Path(f"/proc/{child}/cmdline").read_bytes():
            yield from _family(int(child))


def _serve(connection: Connection, content: list[bytes]) -> None:
    with StreamServer(content, pause_s=0.0) as server:
        connection.send(server.url)
        connection.recv()


if __name__ == "__main__":
    main()
