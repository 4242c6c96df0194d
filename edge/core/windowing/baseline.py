"""The neutral baseline: what a face is like at the beginning of a session, to compare later readings with."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.readings import Reading


@dataclass(frozen=True, slots=True)
class Baseline:
    """Medians over the baseline's time."""

    score: float
    emotions: tuple[float, ...] | None  # a probability a label, each a median; None: not computed


class BaselineTime:
    """Collects readings until there are enough of them.

    Args:
        length_s: Readable seconds that a baseline needs, > 0.
    """

    def __init__(self, length_s: float) -> None:
        self._length_s, self._time_s = length_s, 0.0
        self._readings: list[tuple[Reading, float]] = []

    def add(self, reading: Reading, time_s: float) -> Baseline | None:
        """Add a reading and the seconds for which it holds; return the baseline once there are enough."""
        if time_s > 0:
            self._readings.append((reading, time_s))
            self._time_s += time_s
        if self._time_s < self._length_s - 1e-9:
            return None
        weights = [weight_s for _, weight_s in self._readings]
        known = [reading.emotions for reading, _ in self._readings if reading.emotions is not None]
        return Baseline(
            score=_median([reading.score for reading, _ in self._readings], weights),
            emotions=tuple(_median(each, weights) for each in zip(*known, strict=True))
            if len(known) == len(weights)
            else None,
        )


def _median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The lower weighted median: half of the weight lies at or below it."""
    half, reached = sum(weights) / 2, 0.0
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if reached >= half - 1e-9:
            return value
    raise ValueError("there are no values")
