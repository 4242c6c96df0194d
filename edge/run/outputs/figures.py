"""The present level for a screen: small messages to a Unix socket, never a picture and never an emotion."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.core.readings import Observation, Unreadable
from edge.host.clocks import Clock, SystemClock
from edge.run.events import FrameRead, SessionEvent, SourceAway

_EVERY_S: Final = 0.25


class FigureSender:
    """Sends what is read just now, at most four times a second, as a consumer of a session's events.

    A message is a JSON object: `level` or null, and `unreadable`, the reason why there is none, or null. The socket is
    of the kind that has no connection (SOCK_DGRAM): this only sends, waits for nothing, reads nothing, and does not
    care whether there is a reader.

    Args:
        path: The reader's socket; it may be absent.
        clock: Gives the time; by default the system's.
    """

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path, self._clock = str(path), clock or SystemClock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self._due_s = self._clock.tick_s()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        match event:
            case FrameRead(observation=observation) if self._is_due():
                self._send(observation)
            case SourceAway() if self._is_due():
                self._send(None)

    def _is_due(self) -> bool:
        now_s = self._clock.tick_s()
        if now_s < self._due_s:
            return False
        self._due_s = now_s + _EVERY_S
        return True

    def _send(self, observation: Observation | None) -> None:
        reading = None if observation is None else observation.reading
        why = Unreadable.NO_FRAMES if observation is None else observation.unreadable
        message = {"level": None if reading is None else reading.level.value, "unreadable": why and why.value}
        with suppress(OSError):  # no reader, or one that does not keep up
            self._socket.sendto(json.dumps(message).encode(), self._path)
