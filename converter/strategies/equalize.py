"""Cross-layer equalization: the same folded network, its channels scaled so that one INT8 scale suits them all.

Nagel et al. 2019, arXiv:1906.04721, section 4.1. All channels of a tensor share one scale. As ReLU(s x) = s ReLU(x) for
s > 0, a channel with a small range can be scaled up in the layer that computes it and down in the layers that read it.
Channels that an addition, a padding or a pooling connects are scaled together, so a chain of residual blocks is
equalized as well. The output of a ReLU6 keeps its scale: scaled up, an input unlike the calibration set would reach the
bound of 6 sooner.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from converter.trained import copy_of
from models.graph.folded import LINEAR, along_outputs, inputs_of, takers_of

_LARGEST_SCALE = 1e4  # a channel that is 0 over the whole calibration set stays small


def equalize(model: keras.Model, calibration: NDArray[np.float32], strength: float = 1.0) -> keras.Model:
    """Rescales the channels of every tensor inside a network.

    Args:
        model: A folded network (`models.graph.folded.fold`).
        calibration: Inputs as the float network is given them, (n, *input shape); they show each channel's range.
        strength: From 0, nothing changes, to 1, every channel gets the range of the widest channel of its tensor.
            Between, more precision is left for the weights of the layers behind, whose input channels share a scale.

    Returns:
        A rescaled copy. Its outputs are those of `model`, up to float rounding.
    """
    group = _groups(model)
    bounded = [layer.output for layer in model.layers if isinstance(layer, layers.ReLU) and layer.max_value is not None]
    fixed = {group[id(tensor)] for tensor in (*model.inputs, *model.outputs, *bounded)}
    scales: dict[int, NDArray[np.float32]] = {}
    for connected, ranges in _ranges(model, group, calibration).items():
        room = np.minimum(ranges.max() / np.maximum(ranges, 1e-9), _LARGEST_SCALE) ** strength
        scales[connected] = np.ones_like(ranges) if connected in fixed else room.astype(np.float32)
    equalized = copy_of(model)
    for layer in model.layers:
        if isinstance(layer, LINEAR):
            kernel, bias = layer.get_weights()
            up, before = scales[group[id(layer.output)]], scales[group[id(layer.input)]]
            if isinstance(layer, layers.Dense):  # behind a Flatten each channel occurs once a position
                before = np.tile(before, len(kernel) // len(before))
            weights = [kernel * along_outputs(layer, up) / before[:, np.newaxis], bias * up]
            equalized.get_layer(layer.name).set_weights(weights)
    return equalized


def _groups(model: keras.Model) -> dict[int, int]:
    """The group of each tensor, both by `id`: tensors whose channels can only be scaled together."""
    group = {id(layer.output): id(layer.output) for layer in model.layers}
    for layer in model.layers:
        if not isinstance(layer, (layers.InputLayer, *LINEAR)):
            connected = {group[id(tensor)] for tensor in inputs_of(layer)}
            group = {tensor: id(layer.output) if of in connected else of for tensor, of in group.items()}
    return group


def _ranges(
    model: keras.Model, group: dict[int, int], calibration: NDArray[np.float32]
) -> dict[int, NDArray[np.float32]]:
    """The largest magnitude of each channel (channels,) of a group, over the tensors that an interpreter stores.

    A layer in front of an activation is not stored by itself; a Flatten only rearranges its channels.
    """
    takers = takers_of(model)
    stored = [
        layer.output
        for layer in model.layers
        if not any(isinstance(taker, layers.ReLU) for taker in takers.get(id(layer.output), []))
        and not isinstance(layer, layers.Flatten)
    ]
    watch = keras.Model(
        model.inputs, [keras.ops.max(keras.ops.abs(tensor), axis=_positions(tensor)) for tensor in stored]
    )
    found: dict[int, NDArray[np.float32]] = {}
    for tensor, reached in zip(stored, watch.predict(calibration, batch_size=128, verbose=0), strict=True):
        before = found.get(group[id(tensor)], np.zeros(1, np.float32))
        found[group[id(tensor)]] = np.maximum(before, reached.max(axis=0))
    return found


def _positions(tensor: keras.KerasTensor) -> tuple[int, ...]:
    return tuple(range(1, len(tensor.shape) - 1))
