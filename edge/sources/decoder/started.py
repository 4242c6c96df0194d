"""The servers that split off decoders, started when first needed or before: one for recordings, one for streams.

A program that denies itself the network starts that for streams first: what it starts later has no network either.
"""

import errno
import os
import socket
import subprocess
import sys
from contextlib import closing, suppress
from threading import Lock
from typing import Final, NoReturn

from edge.host.limits import open_descriptors
from edge.host.seccomp import still_open

_CODE: Final = "import sys; sys.path[:] = {!r}; from edge.sources.decoder.server import main; main({}, network={})"

_lock: Final = Lock()
_requests: Final[dict[bool, socket.socket]] = {}  # to the servers that run, by whether they have a network
_servers: Final[dict[bool, subprocess.Popen[bytes]]] = {}  # kept, since they outlive the calls that started them


def start(*, network: bool = False) -> None:
    """Start a server, if it does not run: it is ready after a tenth of a second or two.

    Args:
        network: Whether it is that for streams.

    Raises:
        OSError: No process or descriptor can be had.
    """
    with _lock:
        _connected(network)


def start_by_fork(*, network: bool = False) -> None:
    """As `start`, for a program that has imported OpenCV: the server shares its memory.

    Where the program has several threads already, as a fork would lose them and what they lock, this is `start`.

    Raises:
        OSError: No process or descriptor can be had.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        start(network=network)
        return
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        if os.fork() == 0:
            _become_server(theirs.fileno(), network)  # does not return
    with _lock:
        _requests[network] = own


def _become_server(descriptor: int, network: bool) -> NoReturn:
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        for each in open_descriptors():
            if each > 2 and each != descriptor:
                with suppress(OSError):  # that of the listing
                    os.close(each)
        from edge.sources.decoder.server import main  # here: only the server needs it

        main(descriptor, network=network)
    finally:
        os._exit(0)


def split_off(request: bytes, memory: int, *files: int, network: bool = False) -> socket.socket:
    """Return the connection to a new decoder, which has no rights but these descriptors.

    Args:
        request: What it is to do.
        memory: The descriptor of the shared memory.
        files: That of the video, where it is to decode one; all stay open here.
        network: Whether it is to connect to a stream.

    Raises:
        OSError: No process or descriptor can be had.
    """
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        given = [theirs.fileno(), memory, *files]
        with _lock:
            try:
                socket.send_fds(_connected(network), [request], given)
            except OSError:  # it was ended
                _forget(network)
                socket.send_fds(_connected(network), [request], given)
    return own


def _connected(network: bool) -> socket.socket:
    if network not in _requests:
        _requests[network] = _started(network)
    return _requests[network]


def _started(network: bool) -> socket.socket:
    if network and not still_open((socket.AF_INET, socket.AF_INET6)):
        raise OSError(errno.ENETDOWN, "this program has denied itself the network")
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        _servers[network] = subprocess.Popen(
            [sys.executable, "-I", "-c", _CODE.format(sys.path, theirs.fileno(), network)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
    return own


def _forget(*kinds: bool) -> None:
    for network in kinds or (False, True):
        if (connection := _requests.pop(network, None)) is not None:
            connection.close()


os.register_at_fork(after_in_child=_forget)  # a forked program has servers of its own
