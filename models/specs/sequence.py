"""The input of a network over time: windows of landmark features."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES
from edge.core.face.sequence import SEQUENCE_FEATURES, Grid, sequence_input
from edge.vision.card import InputKind
from models.datasets.faces import Faces
from models.landmarks.mirrored import mirrored
from models.specs.recipe import Augmentation


@dataclass(frozen=True, slots=True)
class SequenceInput:
    """Windows as `edge.core.face.sequence.sequence_input` makes them; its mask says which frames count.

    Attributes:
        grid: Places and windows.
    """

    grid: Grid = field(default_factory=Grid)

    @property
    def kind(self) -> InputKind:
        """A sequence."""
        return InputKind.SEQUENCE

    @property
    def shape(self) -> tuple[int, ...]:
        """(steps, 1405)."""
        return (self.grid.steps, SEQUENCE_FEATURES)

    @property
    def size(self) -> int:
        """Places of a window."""
        return self.grid.steps

    @property
    def value_range(self) -> None:
        """By calibration."""
        return None

    def sized(self, size: int) -> Self:
        """The same with windows of so many places, the last of each sample."""
        return replace(self, grid=replace(self.grid, steps=size))

    def fits(self, shape: Sequence[int | None]) -> bool:
        """Whether it is a window of whatever length."""
        return len(shape) == 2 and shape[1] == SEQUENCE_FEATURES

    def arrays(self, faces: Faces) -> NDArray[np.float32]:
        """Every window, (n, steps, 1405)."""
        return sequence_input(faces.crops[:, -self.grid.steps :])

    def augmented(
        self, faces: Faces, rows: NDArray[np.int64], how: Augmentation, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Windows with noise, half of them mirrored, some with a stretch without a mesh, (batch, steps, 1405)."""
        windows = np.array(faces.crops[rows, -self.grid.steps :], np.float32)
        for window in windows:
            if how.flip and rng.random() < 0.5:
                window[:] = mirrored(window)
            if rng.random() < how.erase:
                length = int(rng.integers(1, max(2, self.grid.steps // 4)))
                start = int(rng.integers(0, self.grid.steps - length + 1))
                window[start : start + length] = np.nan
        noise = rng.standard_normal((*windows.shape[:2], FEATURES), np.float32) * np.float32(how.noise)
        return sequence_input(windows + noise)

    def card_fields(self) -> dict[str, Any]:
        """The kind, and the grid but for the steps, which the shape holds."""
        return {"kind": self.kind, "step_s": self.grid.step_s, "stride": self.grid.stride}
