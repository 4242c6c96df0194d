"""Picture files, decoded one after the other in a process of their own."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Event
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import LimitReached
from edge.sources.decoder.client import Decoder, DecoderDied, new_decoder
from edge.sources.decoder.messages import PICTURES, Kind
from edge.sources.pixels import PictureTooLarge

_AHEAD: Final = 2  # pictures of many that are asked for at once


class PictureDecoder:
    """Decodes picture files in a process of its own; after one that broke it, in another.

    Args:
        stop: Ends every wait.
    """

    def __init__(self, stop: Event) -> None:
        self._stop = stop
        self._decoder: Decoder | None = None

    def close(self) -> None:
        """End the process; pictures that are still used keep their memory."""
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = None

    def __call__(self, name: str, file: BinaryIO) -> NDArray[np.uint8] | None:
        """Decode an open picture file, from its beginning.

        Args:
            name: Its name, for messages.
            file: It; no more than MOST_FILE_BYTES are read.

        Returns:
            (height, width, 3) RGB, uint8, rotated upright as its metadata says; None where it cannot be decoded, or
            broke its decoder, or `stop` was set.

        Raises:
            PictureTooLarge: It is.
            LimitReached: No process can be started, or it needs more memory than may be taken.
        """
        asked = self._ask(file.fileno())
        return self._answer(name, asked)

    def in_turn(self, pictures: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, NDArray[np.uint8] | None]]:
        """As a call for each of many pictures; the next ones are decoded while the caller works.

        Args:
            pictures: Names and contents, of MOST_FILE_BYTES at most.

        Yields:
            The name and the picture.
        """
        left, waiting = iter(pictures), deque[tuple[str, bytes]]()
        asked = deque[int]()
        while True:
            waiting.extend(islice(left, _AHEAD - len(waiting)))
            if not waiting:
                return
            asked.extend(self._ask_for(content) for _, content in islice(waiting, len(asked), None))
            name, _ = waiting.popleft()
            rgb = self._answer(name, asked.popleft())
            if self._decoder is None:  # the others were lost with it
                asked.clear()
            yield name, rgb

    def _ask_for(self, content: bytes) -> int:
        with open(os.memfd_create("picture", os.MFD_CLOEXEC), "w+b", buffering=0) as file:
            file.write(content)
            file.seek(0)
            return self._ask(file.fileno())

    def _ask(self, file: int) -> int:
        if self._decoder is None:
            self._decoder = new_decoder(PICTURES, self._stop, ahead=False)
        return self._decoder.ask(file)

    def _answer(self, name: str, asked: int) -> NDArray[np.uint8] | None:
        if self._decoder is None:
            return None
        try:
            message = self._decoder.answer(asked)
            if message is not None and message.kind is Kind.FRAME:
                return self._decoder.picture(message)
        except DecoderDied:
            self.close()
            return None
        if message is not None and message.kind is Kind.TOO_LARGE:
            raise PictureTooLarge(name, message.width, message.height)
        if message is not None and message.kind is Kind.NO_MEMORY:
            self.close()
            raise LimitReached(f"{name} needs more memory than may be taken.", fix="Scale it down, or raise ulimit -v.")
        return None
