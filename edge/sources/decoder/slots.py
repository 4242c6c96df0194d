"""Places for pictures in memory that two processes share: the decoder writes, its owner reads in the same place."""

import fcntl
import mmap
import os
from collections.abc import Callable
from ctypes import c_ubyte
from typing import Final
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from edge.sources.decoder.messages import SLOTS
from edge.sources.pixels import MOST_PIXELS

SLOT_BYTES: Final = -(-MOST_PIXELS * 3 // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY


def shared_memory() -> int:
    """Return the descriptor of memory for all slots, whose size no process can change; pages are taken where written.

    Raises:
        OSError: No descriptor is free.
    """
    descriptor = os.memfd_create("frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor


class Slots:
    """The slots of one decoder, each mapped in one process as far as its pictures are large.

    Args:
        descriptor: That of `shared_memory`; `close` closes it.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._maps: dict[int, mmap.mmap] = {}

    def close(self) -> None:
        """Let go of the memory; a picture that is still used keeps its own."""
        self._maps.clear()
        os.close(self.descriptor)

    def picture(self, slot: int, height: int, width: int, freed: Callable[[], None] | None = None) -> NDArray[np.uint8]:
        """Return a slot as a picture, without a copy; it keeps its memory for as long as something refers to it.

        Args:
            slot: Its number, below SLOTS.
            height: In pixels.
            width: In pixels.
            freed: Called once nothing refers to the picture any more, from any thread.

        Returns:
            (height, width, 3), uint8.

        Raises:
            ValueError: The picture is larger than a slot.
            OSError: It cannot be mapped.
        """
        size = height * width * 3
        if size > SLOT_BYTES or not 0 <= slot < SLOTS:
            raise ValueError(f"it sent a picture of {width}x{height}")
        memory = self._maps.get(slot)
        if memory is None or len(memory) < size:
            memory = self._maps[slot] = mmap.mmap(self.descriptor, size, offset=slot * SLOT_BYTES)
        holder = (c_ubyte * size).from_buffer(memory)
        if freed is not None:
            finalize(holder, freed).atexit = False
        return np.frombuffer(memoryview(holder), np.uint8).reshape(height, width, 3)
