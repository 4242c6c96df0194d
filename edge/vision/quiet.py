"""Silence for native libraries that write to standard error past Python."""

import faulthandler
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_silence() -> Iterator[None]:
    """Discard what the block writes to file descriptor 2; Python's own errors are still raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def mute_native_libraries() -> None:
    """Silence them for the rest of the process: a decoder reports every damaged picture of a camera.

    Python's own messages, and the trace of a crash, still go to standard error. Does nothing where `sys.stderr` is not
    the process's own.
    """
    own = sys.__stderr__
    if own is None or sys.stderr is not own or own.fileno() != 2:
        return
    own.flush()
    sys.stderr = open(os.dup(2), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115  # for good
    faulthandler.enable(sys.stderr)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
