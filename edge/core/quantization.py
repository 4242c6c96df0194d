"""Affine INT8 quantization: real = scale * (stored - zero_point), equation 1 of Jacob et al. 2018, arXiv:1712.05877."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Quantization:
    """The quantization of one tensor."""

    scale: float  # > 0
    zero_point: int  # -128..127

    def store(self, real: NDArray[np.float32]) -> NDArray[np.int8]:
        """Quantize real values.

        Args:
            real: Any shape, float32.

        Returns:
            The same shape, int8: rounded to the nearest step, saturated at -128 and 127.
        """
        steps = np.rint(np.asarray(real, np.float32) / np.float32(self.scale)) + self.zero_point
        return np.asarray(np.clip(steps, -128, 127), np.int8)

    def real(self, stored: NDArray[np.int8]) -> NDArray[np.float32]:
        """Return stored values (any shape, int8) as real values (the same shape, float32)."""
        return _real_values(self)[stored]


@lru_cache
def _real_values(quantization: Quantization) -> NDArray[np.float32]:
    """The real value of each stored one, at its index; indices below 0 count from the end."""
    steps = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32) - np.float32(quantization.zero_point)
    return steps * np.float32(quantization.scale)
