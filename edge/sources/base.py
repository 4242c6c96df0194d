"""The protocol of frame sources: descriptions that are opened to read frames."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol, runtime_checkable

from edge.core.frames import Frame
from edge.sources.lease import Lease


class FrameSource(Protocol):
    """A description of where frames come from. To reconnect, open it again."""

    @property
    def name(self) -> str:
        """The name for display: `camera 0`, `clip.mp4`, `demo`."""
        ...

    @property
    def live(self) -> bool:
        """True: only the newest frame is read, older ones are counted as dropped; False: every frame is read."""
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
    """A source that detects without opening whether its device is connected."""

    def plugged(self) -> object | None:
        """Return a value that changes with the device and its permissions; None: no device is connected."""
        ...
