"""The newest frame of a live device: a thread that reads, a slot for one frame, an iterator that waits for it."""

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
from edge.core.text import capitalised
from edge.sources.lease import Lease
from edge.sources.live.frozen import FrozenPicture, Look

STALL_S: Final = 2.4  # a camera that stopped is reported within 3 s
_FIRST_S: Final = 5.0  # the first picture may take longer
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 1.0
_FAILED_S: Final = 0.3  # for a device that failed: its error is raised only after this wait
_SLICE_S: Final = 0.1  # how often `stop` is checked


class Device(Protocol):
    """An open camera or stream, used by one thread only."""

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture, (height, width, 3) RGB, uint8; raises DeviceUnavailable where there is none."""
        ...

    def close(self) -> None:
        """Release the device."""
        ...


@contextmanager
def newest_frames(
    name: str,
    connect: Callable[[Event], Device],
    stop: Event,
    lease: Lease | None = None,
    *,
    stall_s: float = STALL_S,
    notice_frozen: bool = False,
) -> Iterator[Iterator[Frame]]:
    """Open a device and yield its newest frame, each once; older ones are counted as dropped.

    One thread connects, reads and closes. Where a call into the driver hangs, this ends all the same; the thread closes
    the device once the call returns, and until then the lease is not released.

    Args:
        name: The device's name in messages.
        connect: Opens the device; called in the thread with an event that is set once no more pictures are wanted.
        stop: Ends the frames.
        lease: Refuses a second opening until the device is released, so that no threads pile up; None: a new one.
        stall_s: Seconds without a frame after which the device is given up.
        notice_frozen: Whether a picture that is repeated for too long ends the frames, as `lease.frozen` judges.

    Yields:
        The iterator of frames.

    Raises:
        DeviceUnavailable: On entering, what `connect` raises, or the lease is not released. From the iterator, what
            `Device.read` raises, or the device was given up.
    """
    lease = lease or Lease()
    if not lease.released:
        raise DeviceUnavailable(
            f"{capitalised(name)} hangs in its driver.",
            fix="Unplug it and plug it in again.",
            gap=Gap.CAMERA_STALLED,
        )
    slot = _Slot(name, stop, stall_s, lease.frozen if notice_frozen else None)
    thread = Thread(target=slot.capture, args=(connect,), name=f"capture of {name}", daemon=True)
    lease.hold(thread)
    thread.start()
    close_s = _CLOSE_S
    try:
        slot.wait_until_open()
        yield slot.frames()
    except DeviceUnavailable:
        close_s = _FAILED_S
        raise
    finally:
        slot.closed.set()
        thread.join(close_s)


class _Slot:
    def __init__(self, name: str, stop: Event, stall_s: float, frozen: FrozenPicture | None) -> None:
        self.closed = Event()
        self._name = capitalised(name)
        self._stop = stop
        self._stall_s = stall_s
        self._frozen = frozen
        self._changed = Condition()
        self._frame: Frame | None = None
        self._error: Exception | None = None
        self._open = False
        self._delivered = False  # whether there was a frame
        self._last_s = time.monotonic()  # tick of the last sign of the device

    def capture(self, connect: Callable[[Event], Device]) -> None:
        """Open, read and close the device; the body of the thread."""
        try:
            device = connect(self.closed)
            try:
                with self._changed:
                    self._open, self._last_s = True, time.monotonic()
                    self._changed.notify()
                while not self.closed.is_set():
                    self._put(device.read())
            except Exception as error:
                self._fail(error)
            finally:
                device.close()
        except Exception as error:
            self._fail(error)

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
            self._last_s = tick_s
            if look is Look.NEW:
                dropped = 0 if self._frame is None else self._frame.dropped_before + 1
                self._frame = Frame(rgb, tick_s, taken_at, dropped)
                self._delivered = True
                self._changed.notify()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify()

    def wait_until_open(self) -> None:
        """Wait until the device is open or `stop` is set; raises what opening raised."""
        with self._changed:
            while not (self._open or self._stop.is_set()):
                if self._error is not None:
                    raise self._error
                self._wait(_OPEN_S, "did not open within")

    def frames(self) -> Iterator[Frame]:
        """Yield frames until `stop` is set or the slot is closed; raises what reading raised."""
        while (frame := self._take()) is not None:
            yield frame

    def _take(self) -> Frame | None:
        with self._changed:
            while not (self._stop.is_set() or self.closed.is_set()):
                if self._frame is not None:
                    frame, self._frame = self._frame, None
                    return frame
                if self._error is not None:
                    raise self._error
                most_s = self._stall_s if self._delivered else max(self._stall_s, _FIRST_S)
                self._wait(most_s, "has delivered no picture for")
        return None

    def _wait(self, most_s: float, complaint: str) -> None:
        if time.monotonic() - self._last_s >= most_s:
            raise DeviceUnavailable(
                f"{self._name} {complaint} {most_s:g} s.",
                fix="Check that it is connected and has power.",
                gap=Gap.CAMERA_STALLED,
            )
        self._changed.wait(_SLICE_S)
