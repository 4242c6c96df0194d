"""What a decoder's process reads: its messages, checked, and its pictures where they were written."""

import errno
import select
import signal
import socket
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import LimitReached
from edge.sources.decoder.messages import SLOTS, Kind, Message, receive
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
        self._idle = list[int](() if ahead else range(SLOTS))  # slots that are given one at a time
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

    def ask(self, file: int) -> int:
        """Send a decoder of pictures the descriptor of one, and return the slot that it is for."""
        slot = self._idle.pop()
        with suppress(ConnectionError):  # `answer` reports how it ended
            socket.send_fds(self._connection, [bytes((slot,))], [file])
        return slot

    def answer(self, slot: int) -> Message | None:
        """As `message`, about the first picture that was asked for and not answered; `slot` is what `ask` returned."""
        message = self.message()
        if message is not None and message.kind is not Kind.FRAME:
            self._idle.append(slot)
        return message

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

    def end(self) -> None:
        """End the decoder, and return once its process has ended; pictures that are still used keep their memory."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)  # the server sees it, and reports the end
        try:
            while (data := receive(self._connection)) and data[0] != Kind.DIED:
                pass
        finally:
            self.close()

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


def new_decoder(request: bytes, stop: Event, *files: int, ahead: bool = True, network: bool = False) -> Decoder:
    """Start a decoder.

    Args:
        request: What it is to do.
        stop: Ends every wait for it.
        files: The descriptor of the video, where it is to decode one.
        ahead: Whether it decodes while the caller works, as far as there is room.
        network: Whether it is to connect to a stream.

    Raises:
        LimitReached: No process, memory or descriptor can be had.
    """
    try:
        slots = Slots(shared_memory())
        try:
            connection = split_off(request, slots.descriptor, *files, network=network)
        except OSError:
            slots.close()
            raise
    except OSError as error:
        raise _no_process(error) from None
    return Decoder(connection, slots, stop, ahead=ahead)


def _no_process(error: OSError) -> LimitReached:
    if error.errno == errno.ENETDOWN:
        return LimitReached(
            "There is no process that reads streams, and this program has no network to start one with.",
            fix="Start this program again.",
        )
    return LimitReached(
        f"There is no process or no memory to decode recordings with ({error.strerror}).",
        fix="Raise the limits: ulimit -u, -n and -v.",
    )


def _how(number: int, code: int) -> str:
    try:
        return signal.Signals(number).name if number else f"exit code {code}"
    except ValueError:
        return f"signal {number}"
