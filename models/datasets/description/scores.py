"""How the scores of a data set are distributed, and the thresholds between the levels that follow from that."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW
from edge.core.rounding import rounded

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of faces, on the data set's own scale."""

    values: NDArray[np.float32]  # (n,)

    @property
    def tertiles(self) -> tuple[float, float]:
        """The scores below which a third and two thirds of the faces lie."""
        low, high = np.quantile(self.values, (1 / 3, 2 / 3), method="inverted_cdf")
        return float(low), float(high)

    @property
    def cuts(self) -> tuple[float, float]:
        """Thresholds at the tertiles, halfway to the next score that occurs, so that no face lies on one.

        Votes are few and scores come in steps: of the two sides of a tertile's step the one is taken whose share of
        faces below is nearer to a third, or two thirds.
        """
        steps, counts = np.unique(self.values, return_counts=True)
        if len(steps) < 3:
            return self.tertiles
        between, below = (steps[:-1] + steps[1:]) / 2, np.cumsum(counts)[:-1] / len(self.values)
        low, high = (float(between[np.abs(below - share).argmin()]) for share in (1 / 3, 2 / 3))
        return low, high

    @property
    def line(self) -> tuple[float, float] | None:
        """Slope and offset of the line that takes the cuts to the published thresholds; None where the cuts are one."""
        low, high = self.cuts
        if low == high:
            return None
        slope = (EXPRESSIVE_ABOVE - RESERVED_BELOW) / (high - low)
        return slope, RESERVED_BELOW - slope * low

    def shares(self, cuts: tuple[float, float]) -> dict[str, float]:
        """The share of the faces in each level, given the thresholds between them."""
        low, high = cuts
        reserved, expressive = float(np.mean(self.values < low)), float(np.mean(self.values > high))
        return dict(zip(map(str, LEVELS), (reserved, 1 - reserved - expressive, expressive), strict=True))

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values, rounded to four places."""
        slope, offset = self.line or (None, None)
        return {
            "n": len(self.values),
            "mean": rounded(float(self.values.mean())),
            "sd": rounded(float(self.values.std())),
            "least": rounded(float(self.values.min())),
            "most": rounded(float(self.values.max())),
            "percentiles": {str(at): rounded(float(np.percentile(self.values, at))) for at in PERCENTILES},
            "tertiles": [rounded(end) for end in self.tertiles],
            "cuts": [rounded(end) for end in self.cuts],
            "levels_by_cuts": {level: rounded(share) for level, share in self.shares(self.cuts).items()},
            "published_thresholds": [RESERVED_BELOW, EXPRESSIVE_ABOVE],
            "standardising_line": {"slope": rounded(slope), "offset": rounded(offset)},
        }
