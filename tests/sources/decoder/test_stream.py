"""Streams by URL: a process of its own connects and decodes, with no right but that, and its end frees the stream."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable, LimitReached
from edge.core.gaps import Gap
from edge.sources.lease import Lease
from edge.sources.live.stream import Stream
from tests.sources.conftest import scene
from tests.sources.stream_server import StreamServer
from tests.timing import eventually

from .processes import children, next_decoder
from .rtsp_server import rtsp_server

JPEG = cv2.imencode(".jpg", scene(0))[1].tobytes()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video that can be read from its beginning while it arrives."""
    path = tmp_path_factory.mktemp("film") / "film.ts"
    code = (
        "import cv2, sys; from tests.sources.conftest import scene\n"
        "film = cv2.VideoWriter(sys.argv[1], cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*'mp4v'), 25, (64, 48))\n"
        "for index in range(50): film.write(scene(index))\n"
        "film.release()\n"
    )
    subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)  # FFmpeg has remarks
    return path


@contextmanager
def answering(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[str]:
    """An HTTP server that gives one answer after the other, the last one ever after: status, head, body."""
    left = [*answers]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, head, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for each in head.items():
                self.send_header(*each)
            self.end_headers()
            with suppress(OSError):  # the client went away
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}/video"
        finally:
            server.shutdown()
            thread.join()


def multipart(body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "multipart/x-mixed-replace; boundary=next"}, body


def part(picture: bytes) -> bytes:
    return b"--next\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"


def pictures(url: str) -> Iterator[NDArray[np.uint8]]:
    with Stream(url).open(Event()) as frames:
        for frame in frames:
            yield frame.rgb


def blue_on_the_left(rgb: NDArray[np.uint8]) -> bool:
    left = rgb[:24, 4:24].mean(axis=(0, 1))
    return rgb.shape == (48, 64, 3) and bool(left[2] > 180 > 90 > left[0])


def test_a_stream_over_rtsp_is_read_by_tcp(film: Path) -> None:
    with rtsp_server(film) as url:
        assert blue_on_the_left(next(pictures(url)))  # the newest: how many others there are is a matter of speed


def test_a_video_over_http_is_read_while_it_arrives(film: Path) -> None:
    with answering((200, {"Content-Type": "video/mp2t"}, film.read_bytes())) as url:
        assert blue_on_the_left(next(pictures(url)))


def test_a_playlist_opens_no_further_address() -> None:
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfilm.ts\n#EXT-X-ENDLIST\n"
    with (
        answering((200, {"Content-Type": "application/vnd.apple.mpegurl"}, playlist)) as url,
        pytest.raises(DeviceUnavailable, match="does not answer with a video"),
    ):
        next(pictures(url))


def test_a_server_may_refer_to_itself_and_to_no_other() -> None:
    def moved(place: str) -> tuple[int, dict[str, str], bytes]:
        return 302, {"Location": place}, b""

    with answering(moved("/elsewhere"), multipart(part(JPEG) * 3)) as url:
        assert blue_on_the_left(next(pictures(url)))
    with answering(moved("http://127.0.0.2/video"), multipart(part(JPEG))) as url:
        with pytest.raises(DeviceUnavailable, match="refers to another server") as raised:
            next(pictures(url))
        assert raised.value.fix == "Give that one's address."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"--next\r\nContent-Length: 2000000000\r\n\r\n", "is refused: it announces 2,000 MB for one picture."),
        (b"--next\r\nX-More: " + b"x" * 2**16, "is refused: one picture has more than 0 MB."),
        (b"--next\r\n" + b"X-More: x\r\n" * 2000, "is refused: no picture begins where one should."),
        (part(JPEG), "ended or fell silent."),
    ],
)
def test_why_nothing_more_is_read_is_said(body: bytes, said: str) -> None:
    with answering(multipart(body)) as url, pytest.raises(DeviceUnavailable) as raised:
        [*pictures(url)]
    assert raised.value.happened == f"{url} {said}"


def test_a_stream_that_crashes_its_decoder_is_a_sentence_and_is_opened_again(server: StreamServer) -> None:
    decoder, source = next_decoder(network=True), Stream(server.url)
    with source.open(Event()) as frames:
        next(frames)
        os.kill(decoder, signal.SIGSEGV)
        with pytest.raises(DeviceUnavailable, match=r"video: its decoder failed \(SIGSEGV\)\."):
            list(frames)
    with source.open(Event()) as frames:
        assert next(frames).rgb.any()


def test_a_decoder_that_hangs_is_killed_before_the_stream_is_called_released(server: StreamServer) -> None:
    decoder, source, lease = next_decoder(network=True), Stream(server.url, stall_s=0.5), Lease()
    (splitter,) = (one for one in children(os.getpid()) if decoder in children(one))
    with (
        pytest.raises(DeviceUnavailable, match=r"no picture for 0\.5 s") as raised,
        source.open(Event(), lease) as frames,
    ):
        next(frames)
        for process in (splitter, decoder):
            os.kill(process, signal.SIGSTOP)
        list(frames)
    try:
        assert (raised.value.gap, lease.released) == (Gap.CAMERA_STALLED, False), "its process is there"
        with pytest.raises(DeviceUnavailable), source.open(Event(), lease):
            pass
    finally:
        os.kill(splitter, signal.SIGCONT)
    assert eventually(lambda: lease.released)
    assert not Path(f"/proc/{decoder}").exists(), "killed, although it was stopped"
    with Stream(server.url).open(Event(), lease) as frames:
        assert next(frames).rgb.any()


def test_a_server_of_decoders_that_a_program_without_network_has_lost_is_a_sentence(server: StreamServer) -> None:
    code = (
        "import os, signal, sys; from threading import Event\n"
        "from edge.run.confine import confine; from edge.sources.live.stream import Stream\n"
        "from tests.sources.decoder.processes import children\n"
        "source = Stream(sys.argv[1]); confine(source)\n"
        "with source.open(Event()) as frames: next(frames)\n"
        "(splitter,) = children(os.getpid()); os.kill(splitter, signal.SIGKILL); os.waitpid(splitter, 0)\n"
        "try: source.open(Event()).__enter__()\n"
        "except Exception as error: print(type(error).__name__, error.happened)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, server.url], capture_output=True, text=True, check=True)
    assert ended.stdout.split()[0] == LimitReached.__name__
    assert "no network to start one" in ended.stdout


_TRY = """
import os, socket, sys
import numpy as np
from edge.sources.decoder.messages import StreamRequest
from edge.sources.decoder.serving import limit
from edge.sources.decoder.stream import pictures
other = socket.create_server(("127.0.0.1", 0))
other.setblocking(False)
limit()
reading = pictures(StreamRequest(5.0, sys.argv[1]), lambda height, width: np.zeros((height, width, 3), np.uint8))
assert next(reading) is None and next(reading).shape == (48, 64, 3)
def connected():
    with socket.socket() as own:
        own.connect(other.getsockname())
for attempt in (
    lambda: os.open(sys.argv[0] or "/etc/hostname", os.O_RDONLY),
    lambda: os.open("/etc/passwd", os.O_RDONLY),
    lambda: os.open("made", os.O_WRONLY | os.O_CREAT),
    lambda: socket.socket(socket.AF_UNIX),
    lambda: socket.socket(type=socket.SOCK_DGRAM),
    lambda: other.accept(),
    lambda: socket.create_server(("127.0.0.1", 0)),
    os.fork,
    lambda: os.kill(os.getppid(), 0),
    lambda: other.setsockopt(socket.SOL_SOCKET, 26, b""),
    lambda: bytearray(5 * 10**9),
    connected,
):
    try:
        attempt()
        print("done", flush=True)
    except MemoryError:
        print("MemoryError", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
os._exit(0)
"""


def _tried(url: str) -> list[str]:
    """What came of each attempt in a decoder that reads a stream: eleven that are too much, and to connect by TCP."""
    if "Seccomp:" not in Path("/proc/self/status").read_text():
        pytest.skip("this kernel has no seccomp")
    ended = subprocess.run([sys.executable, "-c", _TRY, url], capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_a_decoder_of_http_keeps_its_connection_and_nothing_else(server: StreamServer, film: Path) -> None:
    refused = [str(errno.EPERM)] * 10
    assert _tried(server.url) == [*refused, "MemoryError", str(errno.EPERM)]
    with answering((200, {"Content-Type": "video/mp2t"}, film.read_bytes())) as url:
        assert _tried(url) == [*refused, "MemoryError", str(errno.EPERM)]


def test_a_decoder_of_rtsp_may_connect_besides_and_nothing_else(film: Path) -> None:
    with rtsp_server(film) as url:
        assert _tried(url) == [*[str(errno.EPERM)] * 10, "MemoryError", "done"]
