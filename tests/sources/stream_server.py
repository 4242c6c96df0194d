"""An MJPEG stream over HTTP on this machine, which can hang and go away."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class StreamServer:
    """Serves encoded pictures in turn, about 100 a second, to each client; with a pause of 0 as fast as it can."""

    def __init__(self, pictures: list[bytes], pause_s: float = 0.01) -> None:
        self._pause_s = pause_s
        self.hangs = False  # accepts and keeps the line, says nothing
        self.wants: str | None = None  # the Authorization of requests, where the server asks for one
        self._pictures = pictures
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video"

    def start(self) -> None:
        """Serve, at the same address as before."""
        owner = self
        self._over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner._serve(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Drop every connection and take no more."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        over = self._over
        if self.wants is not None and request.headers["Authorization"] != self.wants:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="door"')
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        request.end_headers()
        index = 0
        try:
            while not over.wait(self._pause_s):
                if self.hangs:
                    continue
                picture = self._pictures[index % len(self._pictures)]
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                request.wfile.write(head.encode() + picture + b"\r\n")
                index += 1
        except OSError:
            pass  # the client went away

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._over.is_set():
            self.stop()
        time.sleep(0.02)
