"""Bounds on time that a busy machine keeps too, and waiting for a condition."""

import os
import time
from collections.abc import Callable
from typing import Final

_PATIENCE: Final = 1.0 if os.environ.get("EDGE_STRICT_TIMES") else 8.0


def within(promised_s: float) -> float:
    """The most seconds that something may take here, of which `promised_s` are promised on an idle machine.

    With EDGE_STRICT_TIMES set, as in the booth run, that is `promised_s` itself.
    """
    return promised_s * _PATIENCE


def eventually(condition: Callable[[], object], most_s: float = 240.0) -> bool:
    """Whether a condition becomes true within so many seconds; returns as soon as it does."""
    end_s = time.monotonic() + most_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.005)
    return True
