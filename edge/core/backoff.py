"""Bounded exponential backoff: how long to wait before the next try."""

from collections.abc import Iterator


def backoff(first_s: float = 1.0, most_s: float = 30.0) -> Iterator[float]:
    """Yield waits in seconds: `first_s`, then twice as long each time, never more than `most_s`; it never ends."""
    wait_s = first_s
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, most_s)
