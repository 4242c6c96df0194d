"""Reactions: the score rises well above its level at rest, and returns to it."""

from typing import Final

from edge.core.insights.sums import Sums
from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW

ONSET: Final = EXPRESSIVE_ABOVE - RESERVED_BELOW  # above rest: as far as from reserved to expressive
RETURNED: Final = ONSET / 2  # above rest
REST_S: Final = 30.0  # time constant of the level at rest
SETTLE_S: Final = 3.0  # readable seconds before the first reaction can begin
LOST_S: Final = 1.0  # a face that is unreadable for longer ends a reaction
LONGEST_S: Final = 60.0  # what lasts longer is a new level at rest


class Reactions:
    """Finds reactions in a stream of scores.

    The level at rest is the mean of the scores outside reactions: of all of them at first, later one whose weights fall
    exponentially with REST_S. A reaction begins ONSET above it and ends where the score is back within RETURNED of it.
    """

    def __init__(self) -> None:
        self._rest, self._rested_s = 0.0, 0.0
        self._read_s: float | None = None  # the last tick with a score
        self._began_s: float | None = None  # None: at rest
        self._peak, self._peak_s = 0.0, 0.0

    def update(self, tick_s: float, score: float | None) -> Sums:
        """Return what began or ended at a tick.

        Args:
            tick_s: Seconds on the source's clock, rising from call to call.
            score: The score, or None where the face could not be read.
        """
        found = Sums()
        away_s = 0.0 if self._read_s is None else tick_s - self._read_s
        if self._began_s is not None and (away_s > LOST_S or tick_s - self._began_s > LONGEST_S):
            self._rested_s = self._rested_s if away_s > LOST_S else 0.0
            self._end(found)
        if score is None:
            return found
        self._read_s = tick_s
        if self._began_s is not None:
            if score - self._rest <= RETURNED:
                found.recoveries, found.recovery_s = 1, tick_s - self._peak_s
                self._end(found)
            elif score > self._peak:
                self._peak, self._peak_s = score, tick_s
        elif self._rested_s >= SETTLE_S and score - self._rest >= ONSET:
            self._began_s = self._peak_s = tick_s
            self._peak = score
            found.reactions = 1
        else:
            self._settle(score, min(away_s, LOST_S))
        return found

    def _end(self, found: Sums) -> None:
        found.ended, found.amplitude = 1, self._peak - self._rest
        self._began_s = None

    def _settle(self, score: float, time_s: float) -> None:
        if self._rested_s == 0:
            self._rest = score
        self._rested_s += time_s
        self._rest += (score - self._rest) * min(time_s / max(min(self._rested_s, REST_S), 1e-9), 1.0)
