"""Ctrl-C and SIGTERM end a session in good order; a second one ends the program at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Lend an event that SIGINT or SIGTERM sets; both have their former meaning back after the first."""
    stop = Event()
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        restore()

    for number in former:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        restore()
