"""A lease: what one owner holds of a source's device, from its first opening to its release."""

from threading import Thread

from edge.sources.live.frozen import FrozenPicture


class Lease:
    """One owner's hold on the device of a live source, over all openings of that source.

    The owner makes it, passes it to each `FrameSource.open`, and may read `released` at any time. A source only
    describes a device; what is remembered between two openings is here. Recorded sources leave it as it is.

    Args:
        frozen: Detects a picture that is repeated, also after the device was opened again; None: with its defaults.
    """

    def __init__(self, frozen: FrozenPicture | None = None) -> None:
        self.frozen = frozen or FrozenPicture()
        self._thread: Thread | None = None

    @property
    def released(self) -> bool:
        """Whether the device is free: never opened, or closed and every call into its driver has returned."""
        return self._thread is None or not self._thread.is_alive()

    def hold(self, thread: Thread) -> None:
        """Let the device be held until a thread has ended: the one that opens it, reads it and closes it."""
        self._thread = thread
