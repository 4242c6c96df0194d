"""The ring buffer of a run: the last window of landmark features, and when it is due to be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES
from edge.core.face.sequence import LEAST_PRESENT, Grid, present_share


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A window that is due."""

    ended_s: float  # tick at which its last place ends
    rows: NDArray[np.float32]  # (steps, 1404), the oldest first; NaN where there was no mesh


class Ring:
    """Keeps the features of the last places of a grid; of a place the last mesh counts.

    The grid is fixed to the ticks, and a window ends at every multiple of the stride. So the windows do not depend on
    how a session is cut into pieces: a piece read by a ring of its own has the same windows as the whole wherever it
    covers them, and one read by the same ring has all.

    Args:
        grid: Places and windows.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._rows = np.full((grid.steps, FEATURES), np.nan, np.float32)
        self._first = self._place = 0
        self._begun = False

    def add(self, tick_s: float, features: NDArray[np.float32] | None) -> list[Window]:
        """Add a frame.

        Args:
            tick_s: Of the frame, in seconds; ticks rise.
            features: (1404,), as of `edge.core.face.landmarks`; None where there is no mesh.

        Returns:
            The windows that ended since the last frame, oldest first, without those in which fewer than LEAST_PRESENT
            of the places have a mesh.
        """
        place = floor(tick_s / self._grid.step_s)
        if not self._begun:
            self._begun, self._first, self._place = True, place, place
        ended = list(self._advance(place))
        if features is not None:
            self._rows[self._place % self._grid.steps] = features
        return ended

    def forget(self) -> None:
        """Begin anew, as for another participant."""
        self._rows[:] = np.nan
        self._begun = False

    def _advance(self, place: int) -> Iterator[Window]:
        steps, stride = self._grid.steps, self._grid.stride
        for done in range(self._place, min(place, self._place + steps)):
            if (done + 1) % stride == 0 and done - self._first >= steps - 1:
                rows = np.roll(self._rows, -(done + 1) % steps, axis=0)
                if present_share(rows) >= LEAST_PRESENT:
                    yield Window((done + 1) * self._grid.step_s, rows)
            self._rows[(done + 1) % steps] = np.nan
        self._place = max(self._place, place)
