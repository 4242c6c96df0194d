"""A network without batch normalisation: the same outputs from convolutions, dense layers and activations alone.

In inference a batch normalisation multiplies every channel and adds to it, which the layer before it can do as well
(Jacob et al. 2018, arXiv:1712.05877, section 3.2), or the dense layer behind it. What is left is what an INT8
interpreter computes, layer by layer.
"""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from edge.core.errors import BadModel

LINEAR = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)

_KEPT = (
    layers.ReLU,
    layers.Add,
    layers.ZeroPadding2D,
    layers.MaxPooling2D,
    layers.GlobalAveragePooling2D,
    layers.Flatten,
    layers.Softmax,
)

Affine = tuple[NDArray[np.float32], NDArray[np.float32]]  # multiply by the first, then add the second; (channels,) each


def fold(model: keras.Model) -> keras.Model:
    """Fold batch normalisation into the layers beside it.

    Args:
        model: A Keras model of convolutions, dense layers, batch normalisation, ReLU, pooling, sums and softmax; a
            folded one gives an equal one.

    Returns:
        A new model of the same name, input and output in inference. Its linear layers have a bias and no activation,
        activations are layers of their own, dropout and batch normalisation are gone.

    Raises:
        BadModel: A layer cannot be expressed so; the message names it.
    """
    folding = _Folding(model)
    for layer in model.layers:
        folding.take(layer)
    return folding.folded()


def can_fold(model: keras.Model) -> bool:
    """Whether `fold` takes a model."""
    try:
        fold(model)
    except BadModel:
        return False
    return True


def inputs_of(layer: layers.Layer) -> list[keras.KerasTensor]:
    """The input tensors of a layer."""
    return layer.input if isinstance(layer.input, list) else [layer.input]


def takers_of(model: keras.Model) -> dict[int, list[layers.Layer]]:
    """The layers that take a tensor as input, by the tensor's id."""
    takers: dict[int, list[layers.Layer]] = {}
    for layer in model.layers:
        if not isinstance(layer, layers.InputLayer):
            for tensor in inputs_of(layer):
                takers.setdefault(id(tensor), []).append(layer)
    return takers


def along_outputs(layer: layers.Layer, channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values (channels,) of a linear layer's outputs, shaped to multiply its kernel."""
    return channels[:, np.newaxis] if isinstance(layer, layers.DepthwiseConv2D) else channels


class _Folding:
    """The new network so far; tensors of the old one are identified by their id."""

    def __init__(self, model: keras.Model) -> None:
        self._model, self._takers = model, takers_of(model)
        self._made: dict[int, keras.KerasTensor] = {}
        self._maker: dict[int, str] = {}  # the linear layer whose output a tensor is
        self._weights: dict[str, list[NDArray[np.float32]]] = {}
        self._pending: dict[int, Affine] = {}  # what the next dense layer applies to a tensor first

    def take(self, layer: layers.Layer) -> None:
        """Build one layer; its inputs have been built."""
        output = id(layer.output)
        if isinstance(layer, layers.InputLayer):
            self._made[output] = keras.Input(layer.output.shape[1:], name=layer.name)
            return
        given = [id(tensor) for tensor in inputs_of(layer)]
        if any(tensor not in self._made for tensor in given):  # a graph of something else than single tensors
            raise self._unfit(layer)
        if isinstance(layer, layers.Dropout):
            self._made[output] = self._made[given[0]]
            if given[0] in self._pending:
                self._pending[output] = self._pending[given[0]]
        elif isinstance(layer, layers.BatchNormalization):
            self._made[output] = self._made[given[0]]
            self._normalise(layer, given[0], output)
        elif isinstance(layer, LINEAR):
            self._linear(layer, given[0], output)
        elif isinstance(layer, _KEPT) and not any(tensor in self._pending for tensor in given):
            found = [self._made[tensor] for tensor in given]
            self._made[output] = _again(layer)(found if isinstance(layer, layers.Add) else found[0])
        else:
            raise self._unfit(layer)

    def folded(self) -> keras.Model:
        """The new network with its weights."""
        ends = (id(self._model.inputs[0]), id(self._model.outputs[0]))
        network = keras.Model(*(self._made[end] for end in ends), name=self._model.name)
        for name, weights in self._weights.items():
            network.get_layer(name).set_weights(weights)
        return network

    def _normalise(self, layer: layers.BatchNormalization, given: int, output: int) -> None:
        scale, shift = _affine(layer)
        if given in self._maker and len(self._takers[given]) == 1:
            name = self._maker[output] = self._maker[given]
            kernel, bias = self._weights[name]
            self._weights[name] = [kernel * along_outputs(self._model.get_layer(name), scale), bias * scale + shift]
        else:
            self._pending[output] = scale, shift

    def _linear(self, layer: layers.Layer, given: int, output: int) -> None:
        kernel, *biases = layer.get_weights()
        bias = biases[0] if biases else np.zeros(layer.output.shape[-1], np.float32)
        if given in self._pending:
            if not isinstance(layer, layers.Dense):  # a convolution's padding is not shifted
                raise self._unfit(layer)
            scale, shift = self._pending[given]
            kernel, bias = kernel * scale[:, np.newaxis], bias + shift @ kernel
        self._weights[layer.name] = [kernel, bias]
        self._made[output] = _again(layer, use_bias=True, activation="linear")(self._made[given])
        activation = layer.activation.__name__
        if activation == "linear":
            self._maker[output] = layer.name
        elif activation in ("relu", "softmax"):
            kind = layers.ReLU if activation == "relu" else layers.Softmax
            self._made[output] = kind(name=f"{layer.name}_{activation}")(self._made[output])
        else:
            raise self._unfit(layer)

    def _unfit(self, layer: layers.Layer) -> BadModel:
        return BadModel(
            f"{self._model.name} cannot be folded: {layer.name} is a {type(layer).__name__} that has no place in it.",
            fix="Use convolutions, dense layers, batch normalisation and ReLU.",
        )


def _again(layer: layers.Layer, **changed: Any) -> layers.Layer:
    return type(layer).from_config({**layer.get_config(), **changed})


def _affine(layer: layers.BatchNormalization) -> Affine:
    """Scale and shift of each channel by batch normalisation in inference (Ioffe & Szegedy 2015, arXiv:1502.03167)."""
    mean, variance = (np.asarray(weight, np.float64) for weight in (layer.moving_mean, layer.moving_variance))
    scale = np.asarray(layer.gamma if layer.scale else 1.0, np.float64) / np.sqrt(variance + layer.epsilon)
    shift = np.asarray(layer.beta if layer.center else 0.0, np.float64) - mean * scale
    return scale.astype(np.float32), shift.astype(np.float32)
