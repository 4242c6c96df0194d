"""The process that imports OpenCV once, and splits off a decoder for each request: `server.main(DESCRIPTOR)`.

It opens no media itself, and ends a decoder whose owner has gone. A decoder that it splits off has the memory of a
program that has just begun: no picture, no name, no figure of another recording.
"""

import ctypes
import os
import select
import signal
import socket
from contextlib import suppress
from importlib import import_module
from typing import Final

import cv2

from edge.host.seccomp import allow_only
from edge.sources.decoder.messages import DESCRIPTORS, MOST_REQUEST_BYTES, Kind, Message
from edge.sources.decoder.serving import serve

_PR_SET_PDEATHSIG: Final = 1
_KEPT: Final = {-1: 64 * 2**20, -3: 32 * 2**20}  # mallopt(3): a picture's memory is not given back after each
_IDLE_MS: Final = 50  # after which the next decoder is split off: what was begun goes first


def main(descriptor: int, *, network: bool = False) -> None:
    """Answer requests on a Unix socket until its other end is closed.

    Args:
        descriptor: The socket's.
        network: Whether they are for streams, whose decoders connect to servers; or else all are for recordings.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # of a terminal or a service: the owner decides
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):  # also where the owner is not confined; each decoder has a filter of its own besides
        allow_only((socket.AF_UNIX, *((socket.AF_INET, socket.AF_INET6) if network else ())))
    cv2.getNumberOfCPUs()  # counted once, by files that a decoder cannot open
    cv2.setNumThreads(1)  # what waits for the next picture would otherwise do so at full speed
    with suppress(AttributeError):  # another C library than glibc
        for option, most_bytes in _KEPT.items():
            ctypes.CDLL(None).mallopt(option, most_bytes)
    if network:
        import_module("edge.sources.decoder.stream")  # for the same reason
    with socket.socket(fileno=descriptor) as requests:
        _Server(requests, network=network).run()


class _Server:
    """Passes each request on to a decoder that waits for one, and reports how it ended."""

    def __init__(self, requests: socket.socket, *, network: bool) -> None:
        self._requests, self._network = requests, network
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._waiting = select.poll()
        for each in (requests.fileno(), self._woken):
            self._waiting.register(each, select.POLLIN)
        self._owners: dict[int, socket.socket] = {}  # by process: the connection on which its end is reported
        self._processes: dict[int, int] = {}  # by the descriptor of that connection
        self._next: tuple[int, socket.socket] | None = self._split_off()

    def run(self) -> None:
        """Work until the owner of the other end has gone."""
        while True:
            ready = [found for found, _ in self._waiting.poll(None if self._next else _IDLE_MS)]
            if not ready:
                self._next = self._split_off()
            if self._woken in ready:
                os.read(self._woken, 64)
                self._report_ended()
            for connection in self._processes.keys() & ready:  # its owner has gone
                self._waiting.unregister(connection)
                os.kill(self._processes.pop(connection), signal.SIGKILL)  # also where it does not return
            if self._requests.fileno() in ready and not self._pass_on():
                return

    def _split_off(self) -> tuple[int, socket.socket]:
        """A new decoder, which waits: its process, and the connection to it."""
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = os.fork()
        if process == 0:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
            signal.set_wakeup_fd(-1)
            _close_all_but(theirs.fileno())
            serve(theirs, network=self._network)  # does not return
        theirs.close()
        return process, own

    def _pass_on(self) -> bool:
        """Pass one request on; False where there is none and will be none."""
        try:
            request, given, _, _ = socket.recv_fds(self._requests, MOST_REQUEST_BYTES, DESCRIPTORS)
        except ConnectionError:
            return False
        if not request:
            return False
        (process, decoder), self._next = self._next or self._split_off(), None
        with decoder, suppress(OSError):
            socket.send_fds(decoder, [request], given)
        connection, *others = given
        self._owners[process], self._processes[connection] = socket.socket(fileno=connection), process
        self._waiting.register(connection, select.POLLRDHUP)
        for each in others:
            os.close(each)
        return True

    def _report_ended(self) -> None:
        """Tell each owner how its decoder ended."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                process, code = ended[0], os.waitstatus_to_exitcode(ended[1])
                if self._next is not None and self._next[0] == process:
                    self._next[1].close()
                    self._next = None
                if (owner := self._owners.pop(process, None)) is not None:
                    if self._processes.pop(owner.fileno(), None) is not None:
                        self._waiting.unregister(owner)
                    with owner, suppress(OSError):
                        message = Message(Kind.DIED, slot=max(-code, 0), number=max(code, 0))
                        owner.send(message.packed(), socket.MSG_DONTWAIT)


def _close_all_but(kept: int) -> None:
    for each in map(int, os.listdir("/proc/self/fd")):
        if each > 2 and each != kept:
            with suppress(OSError):  # that of the listing
                os.close(each)
