"""Bias correction: the mean error that rounding the weights adds to a channel is subtracted from its bias.

Nagel et al. 2019, arXiv:1906.04721, section 4.2, with means over the calibration set.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from converter.trained import copy_of
from models.graph.folded import LINEAR
from models.graph.stored import linear, plain, walk

_STEPS = 127  # INT8 weights are stored from -127 to 127
_BATCH = 32


def correct_bias(model: keras.Model, calibration: NDArray[np.float32]) -> keras.Model:
    """Corrects the biases of a network for its INT8 form.

    Args:
        model: A folded network (`models.graph.folded.fold`).
        calibration: Inputs as the float network is given them, (n, *input shape).

    Returns:
        A copy with other biases. As a float network its outputs differ a little from those of `model`.
    """
    corrected = copy_of(model)
    errors: dict[str, list[NDArray[np.float32]]] = {}

    def call(layer: layers.Layer, given: Sequence[Any]) -> Any:
        if isinstance(layer, LINEAR):
            kernel, bias = layer.get_weights()
            error = np.asarray(linear(layer, given[0], _rounded(layer, kernel) - kernel, np.zeros_like(bias)))
            errors.setdefault(layer.name, []).append(error.reshape(len(error), -1, error.shape[-1]).mean(axis=1))
        return plain(layer, given)

    for start in range(0, len(calibration), _BATCH):
        walk(model, calibration[start : start + _BATCH], call)
    for name, means in errors.items():
        kernel, bias = model.get_layer(name).get_weights()
        corrected.get_layer(name).set_weights([kernel, bias - np.concatenate(means).mean(axis=0)])
    return corrected


def _rounded(layer: layers.Layer, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """A kernel as INT8 stores it, with one scale an output channel."""
    own = (0, 1) if isinstance(layer, layers.DepthwiseConv2D) else tuple(range(kernel.ndim - 1))
    step = np.maximum(np.abs(kernel).max(axis=own, keepdims=True), 1e-12) / _STEPS
    return np.asarray(np.rint(kernel / step) * step, np.float32)
