"""Ctrl-C, SIGTERM and SIGHUP end a session in good order; a second one ends the program at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Set an event at the first SIGINT, SIGTERM or SIGHUP; after it they have their former handlers again.

    SIGHUP stays ignored where it is, as under nohup.

    The kernel may deliver a signal to a thread of a native library, and Python's handlers run in the main thread alone,
    once it is awake: a wait of twenty seconds would go on for twenty seconds. Python's C handler, however, writes a
    byte to the wake-up descriptor at once, whichever thread was interrupted, and a thread of this function reads it.

    Yields:
        The event.
    """
    stop = Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    if former[signal.SIGHUP] is signal.SIG_IGN:
        del former[signal.SIGHUP]

    def restore(number: int = 0, frame: FrameType | None = None) -> None:
        for each, handler in former.items():
            signal.signal(each, handler)

    for number in former:
        signal.signal(number, restore)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    Thread(target=_set_at_byte, args=(reader, stop), name="signals", daemon=True).start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(before)
        restore()
        os.close(writer)


def _set_at_byte(reader: int, stop: Event) -> None:
    """Set `stop` when a byte arrives; end without it when the pipe is closed."""
    if os.read(reader, 1):
        stop.set()
    os.close(reader)
