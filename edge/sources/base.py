"""What a source of frames is: a description that, opened, lends a device or a file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Event
from typing import Protocol, runtime_checkable

from edge.core.frames import Frame


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

    def open(self, stop: Event) -> AbstractContextManager[Iterator[Frame]]:
        """Lend the device and yield its frames until it ends or `stop` is set; every wait looks at `stop`.

        Raises SourceNotFound or DeviceUnavailable: on entering where it cannot be opened, or from the iterator where
        a live source went away or delivered nothing for a while, or a recorded one turned out to be damaged.
        """
        ...


@runtime_checkable
class Pluggable(Protocol):
    """A source that can tell, without opening it, whether its device is there."""

    def plugged(self) -> object | None:
        """Something that changes when another device is plugged in, or its permissions are; None: there is none."""
        ...
