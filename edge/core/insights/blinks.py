"""Blinks: both eyes close for a moment, by the mean of their openings."""

from typing import Final

from edge.core.face.mesh import Mesh
from edge.core.insights.sums import Sums

CLOSED: Final = 0.65  # of the opening that the eyes usually have
OPEN: Final = 0.8
USUAL_S: Final = 10.0  # time constant of that usual opening
SETTLE_S: Final = 1.0
LONGEST_S: Final = 0.5  # eyes that stay closed for longer are no blink
APART_S: Final = 0.08  # frames further apart miss blinks: time between them does not count
ASIDE_DEG: Final = 30.0  # of a head that faces further aside the openings say too little


class Blinks:
    """Counts blinks, and the time in which they would have been seen."""

    def __init__(self) -> None:
        self._usual, self._settled_s = 0.0, 0.0
        self._seen_s: float | None = None  # the last tick that counts
        self._closed_s: float | None = None  # when the eyes closed

    def update(self, tick_s: float, mesh: Mesh | None) -> Sums:
        """Return the blink that ended at a tick, and the time since the tick before if it counts.

        Args:
            tick_s: Seconds on the source's clock, rising from call to call.
            mesh: The participant's, or None.
        """
        if mesh is None or mesh.head.aside_deg > ASIDE_DEG:
            self._seen_s = self._closed_s = None
            return Sums()
        opening = (mesh.right_eye_opening + mesh.left_eye_opening) / 2
        apart_s = None if self._seen_s is None else tick_s - self._seen_s
        self._seen_s = tick_s
        if apart_s is None or apart_s > APART_S:
            self._closed_s = None
            return Sums()
        blinked = False
        if self._settled_s >= SETTLE_S:
            if opening < CLOSED * self._usual:
                self._closed_s = tick_s if self._closed_s is None else self._closed_s
            elif opening > OPEN * self._usual:
                blinked = self._closed_s is not None and tick_s - self._closed_s <= LONGEST_S
                self._closed_s = None
        if self._closed_s is None or tick_s - self._closed_s > LONGEST_S:
            self._settled_s += apart_s
            self._usual += (opening - self._usual) * min(apart_s / max(min(self._settled_s, USUAL_S), 1e-9), 1.0)
        return Sums(blink_s=apart_s, blinks=float(blinked))
