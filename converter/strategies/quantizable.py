"""What a strategy makes of a network, and quantization takes."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from models.graph.stored import Ranges


@dataclass(frozen=True, slots=True, eq=False)
class Quantizable:
    """A network that is ready to be quantized.

    Attributes:
        network: A folded copy (`models.graph.folded`).
        ranges: The range of each stored tensor, by layer.
        calibration_faces: How many training faces the ranges come from; 0 where they were fine-tuned.
    """

    network: keras.Model
    ranges: Ranges
    calibration_faces: int


@dataclass(frozen=True, slots=True, eq=False)
class Unfolded:
    """A network of any layers, whose ranges TFLite measures.

    Attributes:
        network: The network.
        samples: Inputs to measure with, (n, *input shape).
    """

    network: keras.Model
    samples: NDArray[np.float32]

    @property
    def calibration_faces(self) -> int:
        """How many training faces the ranges come from."""
        return len(self.samples)
