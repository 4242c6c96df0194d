"""The socket that systemd hands over to a service."""

import os
import socket
from collections.abc import Mapping
from typing import Final

from edge.core.errors import BadConfiguration

_FIRST_PASSED: Final = 3  # sd_listen_fds(3)


def passed_socket(environ: Mapping[str, str] = os.environ) -> socket.socket | None:
    """Return the one socket that systemd passed to this process; None where it passed none."""
    if environ.get("LISTEN_PID") == str(os.getpid()) and environ.get("LISTEN_FDS") == "1":
        return socket.socket(fileno=_FIRST_PASSED)
    return None


def passed_door(environ: Mapping[str, str] = os.environ) -> socket.socket:
    """Return the Unix socket for a page's requests, which systemd passed.

    Raises:
        BadConfiguration: None was passed, or it is of another kind.
    """
    passed = passed_socket(environ)
    if passed is None or passed.family != socket.AF_UNIX:
        raise BadConfiguration("No Unix socket was handed over.", fix="Start it by edge-booth@.socket.")
    return passed
