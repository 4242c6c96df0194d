"""What a strategy makes of a network, and quantization takes."""

from dataclasses import dataclass

import keras

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
