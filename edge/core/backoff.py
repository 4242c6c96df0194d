"""Bounded exponential backoff: how long to wait before the next try."""

import random
from collections.abc import Callable, Iterator


def backoff(
    first_s: float = 1.0, most_s: float = 30.0, jitter: float = 0.0, chance: Callable[[], float] = random.random
) -> Iterator[float]:
    """Yield waits in seconds: `first_s`, then twice as long each time, never more than `most_s`; it never ends.

    With `jitter` (0..1) every wait but the first is shorter by up to that share of it, as `chance` (0..1) says, so that
    several programs that lost one hub do not try in step.
    """
    wait_s = first_s
    while True:
        yield max(wait_s * (1 - jitter * chance()), first_s) if jitter else wait_s
        wait_s = min(wait_s * 2, most_s)
