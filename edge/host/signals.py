"""Ctrl-C and SIGTERM end a session in good order; a second one ends the program at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Lend an event that SIGINT or SIGTERM sets; both have their former meaning back after the first.

    The kernel may hand a signal to a thread of a native library, and Python's handlers run in the main thread alone,
    once it is awake: a wait of twenty seconds would go on for twenty seconds. The byte that Python's C handler writes
    to the wake-up descriptor arrives at once, whichever thread was hit, and a thread of our own waits for it.
    """
    stop = Event()
    heard, told = os.pipe()
    os.set_blocking(told, False)
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore(number: int = 0, frame: FrameType | None = None) -> None:
        for each, handler in former.items():
            signal.signal(each, handler)

    for number in former:
        signal.signal(number, restore)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    Thread(target=_set_when_told, args=(heard, stop), name="signals", daemon=True).start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(before)
        restore()
        os.close(told)


def _set_when_told(heard: int, stop: Event) -> None:
    """Wait for a byte, or for the end of the pipe, which means that nobody listens any more."""
    if os.read(heard, 1):
        stop.set()
    os.close(heard)
