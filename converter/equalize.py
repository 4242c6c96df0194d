"""Cross-layer equalisation: the same float network, with ranges that INT8 can hold.

Nagel et al. 2019, arXiv:1906.04721, section 4.1. One scale serves all units of a layer's output. Where a batch
normalisation follows a dense layer it lifts units that hardly move, and the steps they were stored in with them. As
ReLU(s x) = s ReLU(x) for s > 0, every unit can be scaled up to the range of the widest and back down behind it.
"""

import keras
import numpy as np
from numpy.typing import NDArray

_MOST = 1e4  # a unit that calibration never moves stays small


def equalize(model: keras.Model, calibration: NDArray[np.float32]) -> None:
    """Rescale, in place, every dense ReLU layer whose output goes into a batch normalisation and nowhere else.

    `calibration` (n, size, size, 1) shows the ranges. The network's answers stay what they were, up to float rounding.
    """
    for dense, normalisation in _pairs(model):
        outputs = keras.Model(model.inputs, dense.output).predict(calibration, batch_size=256, verbose=0)
        ranges = np.asarray(outputs).max(axis=0)
        scale = np.clip(ranges.max() / np.maximum(ranges, 1e-9), 1, _MOST)
        kernel, bias = dense.get_weights()
        dense.set_weights([kernel * scale, bias * scale])
        gamma, beta, mean, variance = normalisation.get_weights()
        scaled = scale**2 * (variance + normalisation.epsilon) - normalisation.epsilon
        normalisation.set_weights([gamma, beta, mean * scale, scaled])


def _pairs(model: keras.Model) -> list[tuple[keras.layers.Dense, keras.layers.BatchNormalization]]:
    makers = {id(layer.output): layer for layer in model.layers if isinstance(layer, keras.layers.Dense)}
    takers = [id(given) for layer in model.layers[1:] for given in _inputs(layer)]
    return [
        (makers[id(layer.input)], layer)
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
        and id(layer.input) in makers
        and takers.count(id(layer.input)) == 1
        and makers[id(layer.input)].activation is keras.activations.relu
        and makers[id(layer.input)].use_bias
        and layer.scale
        and layer.center
    ]


def _inputs(layer: keras.layers.Layer) -> list[keras.KerasTensor]:
    return layer.input if isinstance(layer.input, list) else [layer.input]
