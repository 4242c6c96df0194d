"""Confinement: a command that reads pictures first denies itself network sockets and core dumps."""

import ctypes
import logging
import os
import resource
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from edge.core.errors import BadConfiguration
from edge.host.limits import open_descriptors
from edge.host.seccomp import allow_only, still_open
from edge.sources.base import FrameSource
from edge.sources.decoder.started import start as start_decoding

log = logging.getLogger(__name__)

NETWORKS: Final = {
    "inet": socket.AF_INET,
    "inet6": socket.AF_INET6,
    "netlink": socket.AF_NETLINK,
    "packet": socket.AF_PACKET,
    "vsock": socket.AF_VSOCK,
}
_OUTWARD: Final = (socket.AF_INET, socket.AF_INET6)
_PR_SET_DUMPABLE: Final = 4


def confine(source: FrameSource | None = None, *, promised: bool = False) -> None:
    """Deny this process, all its threads and children network sockets and core dumps, for good.

    Unix sockets stay, for systemd and the screen. Where the filter cannot be set and no sandbox refuses sockets, or
    where a network socket was open at the start, an error is logged and the program goes on, unless it was promised.

    Args:
        source: For a stream the process is started first that connects to it. A Raspberry Pi camera keeps netlink, by
            which libcamera learns of devices.
        promised: Whether people were promised that nothing is sent: in a service, and where consent is required.

    Raises:
        BadConfiguration: It was promised, and this program could send something.
    """
    _keep_memory_private()
    families = [socket.AF_UNIX]
    if source is not None and source.live:
        from edge.sources.live.picamera import PiCamera  # here: the run of a recording starts sooner
        from edge.sources.live.stream import Stream

        if isinstance(source, Stream):
            with suppress(OSError):  # it is reported where the stream is opened
                start_decoding(network=True)
        if isinstance(source, PiCamera):
            families.append(socket.AF_NETLINK)
    for descriptor in _inherited_networks():
        _not_kept(f"This program was started with a network connection, as descriptor {descriptor}", promised)
    try:
        allow_only(families)
    except OSError as error:
        if still_open(_OUTWARD):  # under systemd's sandbox they are refused already, and so is the filter
            _not_kept(f"This program cannot refuse itself network sockets here ({error.strerror})", promised)


def _inherited_networks() -> Iterator[int]:
    """Yield descriptors that are network sockets; the filter refuses new ones only."""
    for descriptor in open_descriptors():
        with suppress(OSError):  # that of the listing itself
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as opened:
                    if opened.family != socket.AF_UNIX:
                        yield descriptor


def _not_kept(happened: str, promised: bool) -> None:
    if promised:
        raise BadConfiguration(
            f"{happened}, and people were promised that nothing is sent.",
            fix="Start it without one, on a kernel with seccomp, or as the service of docs/kiosk.md.",
        )
    log.error("%s; it sends nothing.", happened)


def open_networks() -> tuple[str, ...]:
    """Try confinement in a process of its own, because it cannot be undone.

    Returns:
        Names of the address families in which a confined program could open a socket here; none, if all is well.
    """
    ended = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, timeout=60, check=True)
    return tuple(ended.stdout.split())


def _keep_memory_private() -> None:
    """Refuse core dumps, which would hold the last pictures, and debuggers of other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))


if __name__ == "__main__":
    confine()
    reachable = still_open(NETWORKS.values())
    print(*(name for name, family in NETWORKS.items() if family in reachable))
