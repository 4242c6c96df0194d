"""A stream over RTSP (RFC 2326) on this machine: an MPEG transport stream, sent by TCP on the same connection."""

import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

_PACKETS = 7  # of 188 bytes in one packet of RTP (RFC 2250)
_SDP = "v=0\r\nm=video 0 RTP/AVP 33\r\na=rtpmap:33 MP2T/90000\r\na=control:track\r\n"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):  # the client went away
            self._answer()

    def _answer(self) -> None:
        while request := self.rfile.readline().decode():
            method, lines = request.split()[0], [*iter(lambda: self.rfile.readline().decode().strip(), "")]
            number = next(line for line in lines if line.lower().startswith("cseq"))
            more, body = {
                "DESCRIBE": (["Content-Type: application/sdp"], _SDP),
                "SETUP": (["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"], ""),
            }.get(method, (["Session: 1"], ""))
            if method != "SETUP" or any("RTP/AVP/TCP" in line for line in lines):
                head = ["RTSP/1.0 200 OK", number, *more, f"Content-Length: {len(body)}", "", body]
            else:
                head = ["RTSP/1.0 461 Unsupported Transport", number, "", ""]
            self.wfile.write("\r\n".join(head).encode())
            if method == "PLAY":
                self._send(cast("_Server", self.server).content)

    def _send(self, content: bytes) -> None:
        size = 188 * _PACKETS
        for number, at in enumerate(range(0, len(content), size)):
            packet = struct.pack(">BBHII", 0x80, 33, number, 3600 * number, 1) + content[at : at + size]
            self.wfile.write(b"$\0" + struct.pack(">H", len(packet)) + packet)
            time.sleep(0.002)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    content: bytes


@contextmanager
def rtsp_server(film: Path) -> Iterator[str]:
    """Serve a transport stream once to each client; lend the address."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.content = film.read_bytes()
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"rtsp://localhost:{server.server_address[1]}/film"
        finally:
            server.shutdown()
            thread.join()
