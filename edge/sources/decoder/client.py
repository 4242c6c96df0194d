"""A recording that a decoder's process reads: its messages, checked, and its pictures where they were written."""

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import LimitReached
from edge.sources.decoder.messages import SLOTS, Kind, Message, VideoRequest, receive
from edge.sources.decoder.slots import Slots, shared_memory
from edge.sources.decoder.started import split_off

_MOST_LENT: Final = 3  # pictures that are used where they were written; a caller who keeps more is given copies
_LOOK_EVERY_MS: Final = 100  # whether it is to stop


class DecoderDied(Exception):
    """A decoder ended in the midst of its work; the text says how."""


class Decoder:
    """One decoder and its pictures.

    Args:
        connection: To its process.
        slots: The memory that is shared with it.
        stop: Ends every wait.
        ahead: Whether it decodes while the caller works, as far as there is room.
    """

    def __init__(self, connection: socket.socket, slots: Slots, stop: Event, *, ahead: bool) -> None:
        self._connection, self._slots, self._stop = connection, slots, stop
        self._lent = set[int]()
        self._waiting = select.poll()
        self._waiting.register(connection, select.POLLIN)
        self._idle = [] if ahead else [*range(SLOTS)]  # slots that are given one at a time
        for slot in range(SLOTS) if ahead else ():
            self._give(slot)
        self._ahead = ahead

    def message(self) -> Message | None:
        """Return the decoder's next message; None once `stop` is set.

        Raises:
            DecoderDied: There is none, or one that no decoder sends.
        """
        while not self._stop.is_set():
            if self._waiting.poll(_LOOK_EVERY_MS):
                return self._checked(receive(self._connection))
        return None

    def next_picture(self) -> Message | None:
        """As `message`, after giving it room where it has none."""
        if not self._ahead and self._idle:
            self._give(self._idle.pop())
        return self.message()

    def picture(self, message: Message) -> NDArray[np.uint8]:
        """Return the picture that a message of kind FRAME is about, (height, width, 3) RGB, uint8.

        Raises:
            DecoderDied: It is larger than the memory that is shared.
            LimitReached: It cannot be mapped.
        """
        slot = message.slot
        if slot in self._lent:
            raise DecoderDied("it wrote over a picture")
        try:
            if len(self._lent) >= _MOST_LENT:
                copy = self._slots.picture(slot, message.height, message.width).copy()
                self._freed(slot)
                return copy
            self._lent.add(slot)
            return self._slots.picture(slot, message.height, message.width, partial(self._freed, slot))
        except ValueError as error:
            raise DecoderDied(str(error)) from error
        except OSError as error:
            raise _no_process(error) from None

    def close(self) -> None:
        """End the decoder, if it has not ended; pictures that are still used keep their memory."""
        self._connection.close()
        self._slots.close()

    def _freed(self, slot: int) -> None:
        self._lent.discard(slot)
        if self._ahead:
            self._give(slot)
        else:
            self._idle.append(slot)

    def _give(self, slot: int) -> None:
        with suppress(OSError):  # it has ended, or this was closed
            self._connection.send(bytes((slot,)))

    def _checked(self, data: bytes) -> Message:
        message = Message.of(data)
        if message is None:
            raise DecoderDied("it ended" if not data else "it sent what no decoder sends")
        if message.kind is Kind.DIED:
            raise DecoderDied(_how(message.slot, int(message.number)))
        return message


@contextmanager
def decoder(file: BinaryIO, request: VideoRequest, stop: Event, *, ahead: bool = True) -> Iterator[Decoder]:
    """Lend a decoder that reads an open file from its beginning; it has ended, or ends, when the block does.

    Raises:
        LimitReached: No process, memory or descriptor can be had.
    """
    try:
        slots = Slots(shared_memory())
        try:
            connection = split_off(request.packed(), slots.descriptor, file.fileno())
        except OSError:
            slots.close()
            raise
    except OSError as error:
        raise _no_process(error) from None
    lent = Decoder(connection, slots, stop, ahead=ahead)
    try:
        yield lent
    finally:
        lent.close()


def _no_process(error: OSError) -> LimitReached:
    return LimitReached(
        f"There is no process or no memory to decode recordings with ({error.strerror}).",
        fix="Raise the limits: ulimit -u, -n and -v.",
    )


def _how(number: int, code: int) -> str:
    try:
        return signal.Signals(number).name if number else f"exit code {code}"
    except ValueError:
        return f"signal {number}"
