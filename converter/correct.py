"""Bias correction: what rounding the weights adds to a channel on average is taken from its bias.

Nagel et al. 2019, arXiv:1906.04721, section 4.2, with the means of calibration pictures.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from models.graph.folded import LINEAR
from models.graph.stored import linear, plain, walk

_STEPS = 127  # INT8 weights are stored from -127 to 127
_BATCH = 32


def correct_bias(model: keras.Model, calibration: NDArray[np.float32]) -> None:
    """Change, in place, the biases of a network that `models.graph.folded.fold` made, for its INT8 form.

    `calibration` (n, size, size, 1) are inputs as the float network is given them. The float network itself then
    answers a little otherwise.
    """
    added: dict[str, list[NDArray[np.float32]]] = {}

    def call(layer: layers.Layer, given: Sequence[Any]) -> Any:
        if isinstance(layer, LINEAR):
            kernel, bias = layer.get_weights()
            more = np.asarray(linear(layer, given[0], _rounded(layer, kernel) - kernel, np.zeros_like(bias)))
            added.setdefault(layer.name, []).append(more.reshape(len(more), -1, more.shape[-1]).mean(axis=1))
        return plain(layer, given)

    for start in range(0, len(calibration), _BATCH):
        walk(model, calibration[start : start + _BATCH], call)
    for name, means in added.items():
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel, bias - np.concatenate(means).mean(axis=0)])


def _rounded(layer: layers.Layer, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """A kernel as INT8 stores it, a scale for each output channel."""
    own = (0, 1) if isinstance(layer, layers.DepthwiseConv2D) else tuple(range(kernel.ndim - 1))
    step = np.maximum(np.abs(kernel).max(axis=own, keepdims=True), 1e-12) / _STEPS
    return np.asarray(np.rint(kernel / step) * step, np.float32)
