"""Serving the page: on a socket that systemd hands over, or on this machine's own address."""

import os
import signal
import socket
import sys
from collections.abc import Mapping

from edge.core.errors import BadConfiguration
from edge.screen.app import screen_app
from edge.screen.booth import Booth
from edge.screen.figures import FigureReceiver
from edge.screen.page import Page
from edge.screen.passed import passed_socket
from edge.screen.remote import RemoteBooth


def listening(port: int, environ: Mapping[str, str] = os.environ) -> socket.socket:
    """Return a listening socket: the one that systemd passed, or a new one on 127.0.0.1.

    Raises:
        BadConfiguration: The port is taken, or the socket that was passed is reachable from other machines.
    """
    if (passed := passed_socket(environ)) is not None:
        if passed.family not in (socket.AF_INET, socket.AF_INET6) or passed.getsockname()[0] not in (
            "127.0.0.1",
            "::1",
        ):
            raise BadConfiguration(
                "The socket that was handed over is not on this machine's own address.",
                fix="Set ListenStream=127.0.0.1:8420 in its unit.",
            )
        return passed
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind(("127.0.0.1", port))
    except OSError as error:
        own.close()
        raise BadConfiguration(f"Port {port} cannot be used: {error.strerror}.", fix="Give another --port.") from None
    own.listen(16)
    return own


def serve(
    booth: Booth | RemoteBooth, figures: FigureReceiver | RemoteBooth, page: Page, listener: socket.socket
) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Args:
        booth: What is shown, and what the buttons do.
        figures: What is read just now.
        page: Writes the page.
        listener: As `listening` returns it.
    """
    import uvicorn

    port = listener.getsockname()[1]
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"]
    app = screen_app(booth, figures, page, hosts)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=32,
    )
    print(f"The page is at http://127.0.0.1:{port}/", file=sys.stderr, flush=True)
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal that ended it once more; by default that would end the program before its cleaning up.
    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
