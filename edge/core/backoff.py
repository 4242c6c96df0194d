"""Bounded exponential backoff: how long to wait before the next try."""

import random
from collections.abc import Callable, Iterator


def backoff(
    first_s: float = 1.0, most_s: float = 30.0, jitter: float = 0.0, chance: Callable[[], float] = random.random
) -> Iterator[float]:
    """Yield waits, each twice as long as the one before, without end.

    Args:
        first_s: The first and shortest wait, in seconds.
        most_s: The longest wait, in seconds.
        jitter: 0..1. Every wait but the first is shorter by a random share of up to this, so that several programs that
            lost one USB hub do not try at the same moment.
        chance: Returns random numbers, 0..1.

    Yields:
        Seconds to wait before the next try.
    """
    wait_s = first_s
    while True:
        yield max(wait_s * (1 - jitter * chance()), first_s)
        wait_s = min(wait_s * 2, most_s)
