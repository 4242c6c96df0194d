"""Sequences of landmark features: their grid in time, and what a network is given of one window."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES

SEQUENCE_FEATURES: Final = FEATURES + 1  # of one frame: the features, and the mask
MASK: Final = 0.25  # the mask where there is a mesh: as large as movements are, for one INT8 scale stores both
LEAST_PRESENT: Final = 0.5  # share of a window's places with a mesh, below which it has no reading


@dataclass(frozen=True, slots=True)
class Grid:
    """The places in time that a window has. Place k covers the ticks from k * step_s to (k + 1) * step_s.

    Attributes:
        step_s: Seconds between two places, above 0.
        steps: Places of a window.
        stride: Places between the ends of two windows.
    """

    step_s: float = 0.25
    steps: int = 48
    stride: int = 12

    @property
    def window_s(self) -> float:
        """Seconds that a window covers."""
        return self.steps * self.step_s

    @property
    def stride_s(self) -> float:
        """Seconds between two readings."""
        return self.stride * self.step_s


def sequence_input(rows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return what a network is given of windows.

    From each feature its mean over the places of the window that have a mesh is taken: what is left is movement, not
    the shape of the face, and is small, so that a step of INT8 is fine.

    Args:
        rows: (..., steps, 1404), as of `edge.core.face.landmarks`; NaN where a place has no mesh.

    Returns:
        (..., steps, 1405): the differences, 0 where there is no mesh, and the mask: MASK where there is one, else 0.
    """
    there = ~np.isnan(rows[..., :1])
    features = np.where(there, rows, 0).astype(np.float32)
    count = np.maximum(there.sum(axis=-2, keepdims=True), 1).astype(np.float32)
    moved = np.where(there, features - features.sum(axis=-2, keepdims=True) / count, 0)
    return np.concatenate([moved, MASK * there], axis=-1, dtype=np.float32)


def present_share(rows: NDArray[np.floating[Any]]) -> float:
    """Return the share of a window's places that have a mesh, 0..1."""
    return float(np.mean(~np.isnan(rows[:, 0])))
