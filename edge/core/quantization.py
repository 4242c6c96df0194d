"""Affine INT8 quantization as arithmetic: real = scale * (stored - zero_point).

Jacob et al. 2018, arXiv:1712.05877, equation 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quantization:
    """One tensor's scale (> 0) and zero point (-128..127)."""

    scale: float
    zero_point: int

    def store(self, real: NDArray[np.float32]) -> NDArray[np.int8]:
        """Real values to INT8 of the same shape, rounded to the nearest step and saturated at -128 and 127."""
        steps = np.rint(np.asarray(real, np.float32) / np.float32(self.scale)) + self.zero_point
        return np.asarray(np.clip(steps, -128, 127), np.int8)

    def real(self, stored: NDArray[np.int8]) -> NDArray[np.float32]:
        """INT8 to float32 of the same shape."""
        return (stored.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)
