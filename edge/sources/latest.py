"""The newest frame of a live device: a thread that captures, a slot that holds one frame, an iterator that waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Condition, Event, Thread
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.gaps import Gap
from edge.sources.frozen import FrozenPicture, Look

STALL_S: Final = 2.4  # a camera's silence is told within 3 s
_FIRST_S: Final = 5.0  # the first picture may take longer
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 1.0
_FAILED_S: Final = 0.3  # as long as is waited for a device that failed: the failure is told only after that
_SLICE_S: Final = 0.1  # `stop` is looked at this often

_hanging: Final[dict[str, Thread]] = {}  # by a device's name: a capture that was given up and has not returned


class Device(Protocol):
    """An open camera or stream. One thread uses it from beginning to end."""

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture, RGB (height, width, 3); raises DeviceUnavailable where there will be none."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


@contextmanager
def newest_frames(
    name: str,
    connect: Callable[[], Device],
    stop: Event,
    *,
    stall_s: float = STALL_S,
    frozen: FrozenPicture | None = None,
) -> Iterator[Iterator[Frame]]:
    """Lend what `connect` opens and yield its newest frame, each once; those passed over are counted.

    Connecting, reading and closing happen in one thread: where one of them hangs, this ends all the same, and the
    thread closes the device once it returns; until then it is not opened again, so that no threads pile up. Raises,
    on entering, what `connect` raises, and from the iterator what `read` raises, or DeviceUnavailable after `stall_s`
    seconds without a frame, or where `frozen` notices it; its `hangs` is true until the thread returns.
    """
    slot = _Slot(name, stop, stall_s, frozen)
    if name in _hanging and _hanging[name].is_alive():
        raise slot.hangs()
    thread = Thread(target=slot.capture, args=(connect,), name=f"capture of {name}", daemon=True)
    thread.start()
    failed: DeviceUnavailable | None = None
    try:
        slot.wait_until_open()
        yield slot.frames()
    except DeviceUnavailable as error:
        failed = error
        raise
    finally:
        slot.closed = True
        thread.join(_CLOSE_S if failed is None else _FAILED_S)
        _hanging.pop(name, None)
        if thread.is_alive():
            _hanging[name] = thread
            if failed is not None:
                slot.hangs_while_open(failed)


def still_open(name: str) -> bool:
    """Whether a capture of a device was given up and its driver has not returned: it holds the device yet."""
    return name in _hanging and _hanging[name].is_alive()


class _Slot:
    def __init__(self, name: str, stop: Event, stall_s: float, frozen: FrozenPicture | None) -> None:
        self.closed = False
        self._name = name[:1].upper() + name[1:]
        self._stop = stop
        self._stall_s = stall_s
        self._frozen = frozen
        self._changed = Condition()
        self._frame: Frame | None = None
        self._error: Exception | None = None
        self._open = self._over = False
        self._told: DeviceUnavailable | None = None  # what says that the device hangs, for as long as it does
        self._came = False  # a first frame
        self._news_s = time.monotonic()  # when the device was last heard of

    def capture(self, connect: Callable[[], Device]) -> None:
        """What the thread does."""
        try:
            device = connect()
            try:
                with self._changed:
                    self._open, self._news_s = True, time.monotonic()
                    self._changed.notify()
                while not self.closed:
                    self._put(device.read())
            except Exception as error:
                self._fail(error)
            finally:
                device.close()
        except Exception as error:
            self._fail(error)
        with self._changed:
            self._over = True
            if self._told is not None:
                self._told.hangs = False

    def hangs_while_open(self, error: DeviceUnavailable) -> None:
        """Let an error's `hangs` be true until the device is given back."""
        with self._changed:
            self._told, error.hangs = error, not self._over

    def _put(self, rgb: NDArray[np.uint8]) -> None:
        tick_s, taken_at = time.monotonic(), datetime.now(UTC)
        look = Look.NEW if self._frozen is None else self._frozen.look(rgb, tick_s)
        if look is Look.FROZEN:
            raise DeviceUnavailable(
                f"{self._name} repeats one picture.",
                fix="Open its shutter, or unplug it and plug it in again.",
                gap=Gap.CAMERA_FROZEN,
            )
        with self._changed:
            self._news_s = tick_s
            if look is Look.NEW:
                passed_over = 0 if self._frame is None else self._frame.dropped_before + 1
                self._frame = Frame(rgb, tick_s, taken_at, passed_over)
                self._came = True
                self._changed.notify()

    def hangs(self) -> DeviceUnavailable:
        """The error about a device whose driver has not answered a former call yet."""
        error = DeviceUnavailable(
            f"{self._name} hangs in its driver.", fix="Unplug it and plug it in again.", gap=Gap.CAMERA_STALLED
        )
        error.hangs = True
        return error

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify()

    def wait_until_open(self) -> None:
        with self._changed:
            while not (self._open or self._stop.is_set()):
                if self._error is not None:
                    raise self._error
                self._wait(_OPEN_S, "did not open within")

    def frames(self) -> Iterator[Frame]:
        while (frame := self._take()) is not None:
            yield frame

    def _take(self) -> Frame | None:
        with self._changed:
            while not (self._stop.is_set() or self.closed):
                if self._frame is not None:
                    frame, self._frame = self._frame, None
                    return frame
                if self._error is not None:
                    raise self._error
                most_s = self._stall_s if self._came else max(self._stall_s, _FIRST_S)
                self._wait(most_s, "has delivered no picture for")
        return None

    def _wait(self, most_s: float, complaint: str) -> None:
        if time.monotonic() - self._news_s >= most_s:
            raise DeviceUnavailable(
                f"{self._name} {complaint} {most_s:g} s.",
                fix="Check that it is connected and has power.",
                gap=Gap.CAMERA_STALLED,
            )
        self._changed.wait(_SLICE_S)
