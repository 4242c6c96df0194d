"""The tensors of a folded network that an INT8 interpreter stores, and their ranges."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from edge.core.errors import BadModel
from models.files import whole
from models.graph.folded import LINEAR, inputs_of, takers_of

RANGES = "ranges.json"  # beside a network that was fine-tuned for INT8
FLOAT = "float.keras"  # beside it too: the float network that it was fine-tuned from

Ranges = dict[str, tuple[float, float]]  # the least and the largest value stored of a layer's output; 0 is between them

_SCALED = (layers.InputLayer, layers.ReLU, layers.Add, layers.GlobalAveragePooling2D)


def stored_layers(model: keras.Model) -> list[str]:
    """Return the names of the layers whose output is stored with a scale of its own.

    A linear layer in front of a ReLU is not: the two are one operation. A padding, a pooling or a Flatten keeps the
    scale it is given, and that of a softmax is TFLite's.
    """
    takers = takers_of(model)
    return [
        layer.name
        for layer in model.layers
        if isinstance(layer, _SCALED)
        or (isinstance(layer, LINEAR) and not any(isinstance(t, layers.ReLU) for t in takers.get(id(layer.output), [])))
    ]


def walk(model: keras.Model, pictures: Any, call: Callable[[layers.Layer, Sequence[Any]], Any]) -> dict[str, Any]:
    """Run a model layer by layer.

    Args:
        model: A folded model.
        pictures: Its input.
        call: Computes one layer from the values of its inputs; an input layer gets the pictures.

    Returns:
        Every layer's output, by its name.
    """
    made: dict[int, Any] = {}
    for layer in model.layers:
        first = isinstance(layer, layers.InputLayer)
        made[id(layer.output)] = call(layer, [pictures] if first else [made[id(tensor)] for tensor in inputs_of(layer)])
    return {layer.name: made[id(layer.output)] for layer in model.layers}


def plain(layer: layers.Layer, given: Sequence[Any]) -> Any:
    """A layer's float output; `call` of `walk` for the float network."""
    if isinstance(layer, layers.InputLayer):
        return given[0]
    return layer(list(given) if isinstance(layer, layers.Add) else given[0])


def rounded(values: Any, ends: tuple[Any, Any]) -> Any:
    """Round values to the 256 steps of INT8; gradients pass inside the range.

    Args:
        values: Values of any shape.
        ends: The least and the largest stored value; they move by less than half a step so that 0 is a step of its own
            (Jacob et al. 2018, arXiv:1712.05877).
    """
    return tf.quantization.fake_quant_with_min_max_vars(values, *ends)


def linear(layer: layers.Layer, given: Any, kernel: Any, bias: Any) -> Any:
    """A linear layer's output for another kernel and bias of the same shapes."""
    if isinstance(layer, layers.Dense):
        made = tf.linalg.matmul(given, kernel)
    elif isinstance(layer, layers.DepthwiseConv2D):
        made = tf.nn.depthwise_conv2d(given, kernel, (1, *layer.strides, 1), layer.padding.upper())
    else:
        made = tf.nn.conv2d(given, kernel, layer.strides, layer.padding.upper())
    return tf.nn.bias_add(made, bias)


def with_ranges(model: keras.Model, ranges: Ranges | None) -> Callable[[Any], Any]:
    """Make a function of a folded network, its tensors rounded as they are stored, its weights constants.

    Args:
        model: A folded network.
        ranges: The range of every stored tensor; None rounds nothing.

    Returns:
        A function from inputs to outputs.

    Raises:
        BadModel: The ranges are another network's.
    """
    odd = set() if ranges is None else set(ranges) ^ set(stored_layers(model))
    if odd:
        raise BadModel(
            f"{RANGES} does not belong to this {model.name}: {min(odd)} is in one of the two alone.",
            fix="Keep the network and its ranges together.",
        )
    weights = {layer.name: layer.get_weights() for layer in model.layers}

    def call(layer: layers.Layer, given: Sequence[Any]) -> Any:
        made = linear(layer, given[0], *weights[layer.name]) if isinstance(layer, LINEAR) else plain(layer, given)
        return made if ranges is None or layer.name not in ranges else rounded(made, ranges[layer.name])

    return lambda pictures: walk(model, pictures, call)[model.layers[-1].name]


def write_ranges(ranges: Ranges, path: Path) -> None:
    """Write ranges as JSON.

    Raises:
        CannotWrite: The file cannot be written.
    """
    with whole(path) as part:
        part.write_text(json.dumps(ranges, indent=2) + "\n")


def read_ranges(path: Path) -> Ranges:
    """Read what `write_ranges` wrote.

    Raises:
        BadModel: The file holds anything else.
    """
    try:
        ranges = {str(name): (float(low), float(high)) for name, (low, high) in json.loads(path.read_text()).items()}
        if not all(low <= 0 <= high and low < high for low, high in ranges.values()):
            raise ValueError("a range that does not hold 0")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadModel(f"{path} holds no ranges: {error}.", fix="Fine-tune the network again.") from None
    return ranges
