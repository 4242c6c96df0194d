"""Notifications to systemd, the service manager: ready, a status line, watchdog, stopping; see sd_notify(3)."""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

log = logging.getLogger(__name__)

_SEND_S: Final = 0.5  # a manager that does not read must not block the loop
_START_S: Final = 20.0  # how long a start may take from one notification to the next


class Notifier:
    """Sends notifications where systemd started this program with `Type=notify`; elsewhere every call does nothing.

    No call ever raises.

    Args:
        environ: The process's environment, with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
        clock: Returns monotonic seconds.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if self._address else None
        if self._socket is not None:
            self._socket.settimeout(_SEND_S)
        self._watchdog_s = _watchdog_s(environ)
        self._next_alive_s = 0.0
        self._status = ""
        self._ready = False

    @property
    def connected(self) -> bool:
        """Whether notifications are sent."""
        return self._socket is not None

    def ready(self) -> None:
        """Send that the start is complete; later calls do nothing."""
        if not self._ready:
            self._ready = True
            self._send("READY=1")

    def status(self, text: str) -> None:
        """Send the line that `systemctl status` shows, where it has changed."""
        line = " ".join(text.split())
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def alive(self) -> None:
        """Feed the watchdog; call it after work was done or a deliberate wait, at any rate.

        At most two notifications are sent in the time that the watchdog allows. Before `ready` they also extend the
        time to start: a service may wait for its camera without end, while a start that hangs is ended.
        """
        now_s = self._clock()
        if now_s < self._next_alive_s:
            return
        self._next_alive_s = now_s + (self._watchdog_s or _START_S) / 2
        feed = ["WATCHDOG=1"] if self._watchdog_s else []
        wait = [] if self._ready else [f"EXTEND_TIMEOUT_USEC={_START_S * 1e6:.0f}"]
        if feed or wait:
            self._send("\n".join([*feed, *wait]))

    def stopping(self) -> None:
        """Send that the program ends."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Close the socket; later calls do nothing."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError as error:  # the manager restarts, or its queue is full: the next message may arrive
            log.debug("The service manager did not receive %r: %s.", message, error.strerror)


def _address(name: str) -> str:
    """The kernel's form of a socket's name: a path, or an abstract name, which is written with an @ in front."""
    return "\0" + name[1:] if name.startswith("@") else name


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """The longest time without a notification that the watchdog allows, in seconds; None where there is no watchdog."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    with suppress(ValueError, KeyError):
        allowed_s = int(environ["WATCHDOG_USEC"]) / 1e6
        return allowed_s if allowed_s > 0 else None
    return None
