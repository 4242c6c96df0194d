"""Intervals of means by resampling."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_RESAMPLES: Final = 2000
_LEAST: Final = 5  # values; with fewer an interval would say nothing
_SEED: Final = 0  # the same data give the same interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval, which is None where there are too few values."""

    mean: float
    low: float | None = None
    high: float | None = None


def resampled_means(values: Values, weights: Values, block: int = 1) -> Values | None:
    """Return weighted means of resampled values, by the circular block bootstrap.

    Politis and Romano, "A circular block-resampling procedure for stationary data", 1992.

    Args:
        values: (n,), in the order of time where neighbours resemble one another.
        weights: (n,), >= 0, not all of them 0.
        block: How many neighbours are drawn together.

    Returns:
        (2000,); None for fewer than five values.
    """
    count = len(values)
    if count < _LEAST:
        return None
    random = np.random.default_rng(_SEED)
    starts = random.integers(0, count, (_RESAMPLES, -(-count // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % count).reshape(_RESAMPLES, -1)[:, :count]
    total = weights[drawn].sum(axis=1)
    found = (values[drawn] * weights[drawn]).sum(axis=1)[total > 0] / total[total > 0]
    return np.asarray(found, np.float64)


def estimate(values: Values, weights: Values, block: int = 1) -> Estimate:
    """Return the weighted mean and its interval; arguments as of `resampled_means`."""
    mean = float(np.average(values, weights=weights))
    return _with_interval(mean, resampled_means(values, weights, block))


def difference(one: tuple[Values, Values, int], other: tuple[Values, Values, int]) -> Estimate:
    """Return the difference of two weighted means, the first minus the second; each as of `resampled_means`."""
    means = [float(np.average(values, weights=weights)) for values, weights, _ in (one, other)]
    both = [resampled_means(*each) for each in (one, other)]
    if both[0] is None or both[1] is None:
        return Estimate(means[0] - means[1])
    shuffled = np.random.default_rng(_SEED + 1).permutation(both[1])  # the two were drawn from one seed
    count = min(len(both[0]), len(shuffled))
    return _with_interval(means[0] - means[1], both[0][:count] - shuffled[:count])


def _with_interval(mean: float, means: Values | None) -> Estimate:
    if means is None or not len(means):
        return Estimate(mean)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(mean, float(low), float(high))
