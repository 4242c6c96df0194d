"""The server that splits off decoders: one for a program, started when it is first needed or some time before."""

import os
import socket
import subprocess
import sys
from contextlib import closing, suppress
from threading import Lock
from typing import Final, NoReturn

from edge.host.limits import open_descriptors

_CODE: Final = "import sys; sys.path[:] = {!r}; from edge.sources.decoder.server import main; main({})"

_lock: Final = Lock()
_requests: socket.socket | None = None  # to the server that runs
_server: subprocess.Popen[bytes] | None = None  # kept, since it outlives the call that started it


def start() -> None:
    """Start the server, if it does not run: it is ready after a tenth of a second or two.

    Raises:
        OSError: No process or descriptor can be had.
    """
    with _lock:
        _connected()


def start_by_fork() -> None:
    """As `start`, for a program that has imported OpenCV, and has one thread: the server shares its memory.

    Raises:
        OSError: No process or descriptor can be had.
    """
    global _requests
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        if os.fork() == 0:
            _become_server(theirs.fileno())  # does not return
    with _lock:
        _requests = own


def _become_server(descriptor: int) -> NoReturn:
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

        main(descriptor)
    finally:
        os._exit(0)


def split_off(request: bytes, memory: int, *files: int) -> socket.socket:
    """Return the connection to a new decoder, which has no rights but these descriptors.

    Args:
        request: What it is to do.
        memory: The descriptor of the shared memory.
        files: That of the video, where it is to decode one; all stay open here.

    Raises:
        OSError: No process or descriptor can be had.
    """
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        given = [theirs.fileno(), memory, *files]
        with _lock:
            try:
                socket.send_fds(_connected(), [request], given)
            except OSError:  # it was ended
                _forget()
                socket.send_fds(_connected(), [request], given)
    return own


def _connected() -> socket.socket:
    global _requests
    if _requests is None:
        _requests = _started()
    return _requests


def _started() -> socket.socket:
    global _server
    own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(theirs):
        _server = subprocess.Popen(
            [sys.executable, "-I", "-c", _CODE.format(sys.path, theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
    return own


def _forget() -> None:
    global _requests
    if _requests is not None:
        _requests.close()
    _requests = None


os.register_at_fork(after_in_child=_forget)  # a forked program has a server of its own
