"""The figures that edge-run sends: the level just now, or why there is none."""

import json
import os
import socket
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration
from edge.core.labels import Level
from edge.core.readings import Unreadable

_MOST_BYTES: Final = 512
_FRESH_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What is read just now; both are None where nothing is known."""

    level: Level | None = None
    unreadable: Unreadable | None = None


class FigureReceiver:
    """A Unix socket that takes what edge-run sends, private to this user; nothing is ever sent back.

    Args:
        path: Where the socket is made; one that is left from before is replaced.
        tick_s: Gives monotonic seconds.

    Raises:
        BadConfiguration: Something else is there, or the socket cannot be made.
    """

    def __init__(self, path: Path, tick_s: Callable[[], float] = time.monotonic) -> None:
        self._path, self._tick_s = path, tick_s
        self._last, self._at_s = Figures(), -_FRESH_S
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        old = os.umask(0o177)
        try:
            if _is_own_socket(path):
                path.unlink()
            self._socket.bind(str(path))
        except OSError as error:
            raise BadConfiguration(
                f"{path} cannot be made for the figures: {error.strerror or error}.", fix="Name another with --figures."
            ) from None
        finally:
            os.umask(old)

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait for."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close and remove the socket."""
        self._socket.close()
        with suppress(OSError):
            self._path.unlink()

    def take(self) -> None:
        """Take every message that has arrived."""
        with suppress(BlockingIOError):
            while True:
                found = _understood(self._socket.recv(_MOST_BYTES))
                if found is not None:
                    self._last, self._at_s = found, self._tick_s()

    @property
    def now(self) -> Figures:
        """The last figures, as long as they are fresh."""
        return self._last if self._tick_s() - self._at_s < _FRESH_S else Figures()


def _understood(message: bytes) -> Figures | None:
    try:
        given = json.loads(message)
        level, why = given["level"], given["unreadable"]
        return Figures(None if level is None else Level(level), None if why is None else Unreadable(why))
    except (ValueError, KeyError, TypeError):
        return None


def _is_own_socket(path: Path) -> bool:
    try:
        seen = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISSOCK(seen.st_mode) and seen.st_uid == os.geteuid()
