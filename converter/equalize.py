"""Cross-layer equalisation: the same folded network, its channels scaled to ranges that one INT8 scale can hold.

Nagel et al. 2019, arXiv:1906.04721, section 4.1. All channels of a tensor share one scale. As ReLU(s x) = s ReLU(x) for
s > 0, a channel that hardly moves can be scaled up where it is made and back down where it is taken. Channels that a
sum, a padding or a pooling ties together are scaled together, so a chain of residual blocks is equalised as well. What
a ReLU6 bounds is left alone: scaled up, a face unlike those of the calibration would reach the six sooner.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from models.graph.folded import LINEAR, along_outputs, inputs_of, takers_of

_MOST = 1e4  # a channel that calibration never moves stays small


def equalize(model: keras.Model, calibration: NDArray[np.float32], strength: float = 1.0) -> None:
    """Rescale, in place, the channels of every tensor inside a network that `models.graph.folded.fold` made.

    `calibration` (n, size, size, 1) shows the ranges. At `strength` 1 every channel reaches as far as the widest of its
    tensor, at 0 nothing changes; between, more precision is left for the weights behind, where the channels share a
    scale too. The answers stay what they were, up to float rounding.
    """
    group = _groups(model)
    bounded = [layer.output for layer in model.layers if isinstance(layer, layers.ReLU) and layer.max_value is not None]
    fixed = {group[id(tensor)] for tensor in (*model.inputs, *model.outputs, *bounded)}
    scales: dict[int, NDArray[np.float32]] = {}
    for tied, ranges in _ranges(model, group, calibration).items():
        room = np.minimum(ranges.max() / np.maximum(ranges, 1e-9), _MOST) ** strength
        scales[tied] = np.ones_like(ranges) if tied in fixed else room.astype(np.float32)
    for layer in model.layers:
        if isinstance(layer, LINEAR):
            kernel, bias = layer.get_weights()
            up, before = scales[group[id(layer.output)]], scales[group[id(layer.input)]]
            if isinstance(layer, layers.Dense):  # behind a Flatten every channel comes once a place
                before = np.tile(before, len(kernel) // len(before))
            layer.set_weights([kernel * along_outputs(layer, up) / before[:, np.newaxis], bias * up])


def _groups(model: keras.Model) -> dict[int, int]:
    """The group of each tensor, both by ids: tensors whose channels can only be scaled together."""
    group = {id(layer.output): id(layer.output) for layer in model.layers}
    for layer in model.layers:
        if not isinstance(layer, (layers.InputLayer, *LINEAR)):
            tied = {group[id(tensor)] for tensor in inputs_of(layer)}
            group = {tensor: id(layer.output) if of in tied else of for tensor, of in group.items()}
    return group


def _ranges(
    model: keras.Model, group: dict[int, int], calibration: NDArray[np.float32]
) -> dict[int, NDArray[np.float32]]:
    """How far from 0 each channel (channels,) of a group gets, in the tensors that an interpreter stores.

    What an activation follows is never stored; a Flatten only arranges its channels anew.
    """
    takers = takers_of(model)
    stored = [
        layer.output
        for layer in model.layers
        if not any(isinstance(taker, layers.ReLU) for taker in takers.get(id(layer.output), []))
        and not isinstance(layer, layers.Flatten)
    ]
    watch = keras.Model(model.inputs, [keras.ops.max(keras.ops.abs(tensor), axis=_places(tensor)) for tensor in stored])
    found: dict[int, NDArray[np.float32]] = {}
    for tensor, reached in zip(stored, watch.predict(calibration, batch_size=128, verbose=0), strict=True):
        before = found.get(group[id(tensor)], np.zeros(1, np.float32))
        found[group[id(tensor)]] = np.maximum(before, reached.max(axis=0))
    return found


def _places(tensor: keras.KerasTensor) -> tuple[int, ...]:
    return tuple(range(1, len(tensor.shape) - 1))
