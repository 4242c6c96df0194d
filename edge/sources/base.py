"""What a source of frames is: a description that, opened, lends a device or a file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol, runtime_checkable

from edge.core.frames import Frame
from edge.sources.lease import Lease


class FrameSource(Protocol):
    """A description of where frames come from. Opening it again is how one reconnects."""

    @property
    def name(self) -> str:
        """What people call it: `camera 0`, `clip.mp4`, `demo`."""
        ...

    @property
    def live(self) -> bool:
        """True: the newest frame wins and the others are counted as dropped; False: every frame counts."""
        ...

    def open(self, stop: Event, lease: Lease | None = None) -> AbstractContextManager[Iterator[Frame]]:
        """Open the device or file and yield its frames until it ends or `stop` is set.

        Args:
            stop: Ends the frames; every wait checks it.
            lease: The owner's hold on the device: the same object for each opening, so that a device that was not
                released is not opened a second time. None: an opening that has nothing to do with any other.

        Raises:
            SourceNotFound: There is no such file, on entering; or from the iterator, it turned out to be damaged.
            DeviceUnavailable: The device cannot be opened, on entering; or from the iterator, it went away or
                delivered nothing for a while. `lease.released` is False while a call into its driver has not returned.
        """
        ...


@runtime_checkable
class Pluggable(Protocol):
    """A source that can tell, without opening it, whether its device is there."""

    def plugged(self) -> object | None:
        """Something that changes when another device is plugged in, or its permissions are; None: there is none."""
        ...
