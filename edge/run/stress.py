"""Stress of the participant: the ring buffer of a run, and the network that reads its windows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import landmark_features
from edge.core.face.mesh import Mesh
from edge.core.face.sequence import Grid
from edge.core.observing.ring import Ring

ReadWindow = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class StressReader:
    """Reads one participant over time.

    Args:
        read: Probabilities (2,) of a window (steps, 1404), the second that of stress.
        grid: Of the windows that `read` takes.
    """

    def __init__(self, read: ReadWindow, grid: Grid) -> None:
        self._read, self._ring, self._grid = read, Ring(grid), grid
        self._latest: float | None = None
        self._ended_s = 0.0

    def __call__(self, tick_s: float, mesh: Mesh | None) -> float | None:
        """Add a frame.

        Args:
            tick_s: The frame's; ticks rise.
            mesh: The participant's, where there is one.

        Returns:
            The stress of the last window, 0..1, for two strides after its end; None where there is none.
        """
        features = None if mesh is None else landmark_features(mesh.points)
        for window in self._ring.add(tick_s, features):
            self._latest, self._ended_s = float(self._read(window.rows)[1]), window.ended_s
        return self._latest if tick_s < self._ended_s + 2 * self._grid.stride_s else None

    def forget(self) -> None:
        """Begin anew, for another participant."""
        self._ring.forget()
        self._latest = None
