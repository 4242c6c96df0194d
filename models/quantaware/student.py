"""A folded network that is trained, rounded as INT8 stores it, towards the outputs of the float network.

Jacob et al. 2018, arXiv:1712.05877, section 3: forward, weights and activations are rounded; backward, the rounding is
passed over (the straight-through estimator of Bengio et al. 2013, arXiv:1308.3432).
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from edge.core.errors import BadModel
from models.graph.folded import LINEAR, takers_of
from models.graph.stored import Ranges, linear, plain, rounded, stored_layers, walk

_LEAST = 1e-12  # as a kernel's largest value, or as a variance: smaller is nothing


class Student:
    """The network as INT8 computes it, beside the float network that it began as and that it is trained towards.

    The trained variables are relative: kernels in shares of their channel's largest value, biases in shares of their
    tensor's range. One learning rate then suits every layer, however large or small its numbers are.

    Args:
        folded: The float network, as `models.graph.folded.fold` made it.
        ranges: The range of every stored tensor.
    """

    def __init__(self, folded: keras.Model, ranges: Ranges) -> None:
        self._teacher, self._ranges = folded, ranges
        self._network = keras.models.clone_model(folded)
        self._network.set_weights(folded.get_weights())
        self._kernels: dict[str, Any] = {}
        self._biases: dict[str, Any] = {}
        self._units: dict[str, tuple[NDArray[np.float32], float]] = {}
        takers = takers_of(folded)
        for layer in folded.layers:
            if isinstance(layer, LINEAR):
                kernel, bias = layer.get_weights()
                stored = layer.name if layer.name in ranges else takers[id(layer.output)][0].name
                unit = np.maximum(np.abs(kernel).max(axis=_shared(layer), keepdims=True), _LEAST)
                reach = float(max(map(abs, ranges[stored])))
                self._kernels[layer.name] = tf.Variable(kernel / unit, name=f"{layer.name}/kernel")
                self._biases[layer.name] = tf.Variable(bias / reach, name=f"{layer.name}/bias")
                self._units[layer.name] = unit, reach
        self._variables = [*self._kernels.values(), *self._biases.values()]
        self._optimizer = keras.optimizers.Adam()
        self._optimizer.build(self._variables)
        self._compared = [name for name in stored_layers(folded)[1:] if _is_feature(folded.get_layer(name), takers)]
        self._step = tf.function(self._learn, autograph=False)
        self._outputs = tf.function(self._both, autograph=False)

    def learn(self, pictures: NDArray[np.float32], rate: float) -> float:
        """Train one step.

        Args:
            pictures: Inputs (n, size, size, 1).
            rate: Learning rate.

        Returns:
            The loss before the step.
        """
        self._optimizer.learning_rate = rate
        return float(self._step(tf.convert_to_tensor(pictures)))

    def outputs(self, pictures: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute the student's and the float network's probabilities.

        Args:
            pictures: Inputs (n, size, size, 1).

        Returns:
            Two arrays (n, labels).
        """
        student, teacher = self._outputs(tf.convert_to_tensor(pictures))
        return student.numpy(), teacher.numpy()

    def network(self) -> keras.Model:
        """The folded network with the present weights; its kernels are not yet rounded."""
        for name, (unit, reach) in self._units.items():
            layer = self._network.get_layer(name)
            layer.set_weights([self._kernels[name].numpy() * unit, self._biases[name].numpy() * reach])
        return self._network

    def state(self) -> dict[str, NDArray[Any]]:
        """Weights and optimizer, as arrays by name."""
        variables = [*self._variables, *self._optimizer.variables]
        return {f"{number:04}": np.asarray(variable) for number, variable in enumerate(variables)}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from a former `state`.

        Raises:
            BadModel: It is another network's.
        """
        variables = [*self._variables, *self._optimizer.variables]
        kept = [state[name] for name in sorted(state)]
        if [tuple(variable.shape) for variable in variables] != [values.shape for values in kept]:
            raise BadModel("The checkpoint is of another network.", fix="Start a new run.")
        for variable, values in zip(variables, kept, strict=True):
            variable.assign(values)

    def _learn(self, pictures: Any) -> Any:
        aimed_at = walk(self._teacher, pictures, plain)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._variables)
            found = walk(self._network, pictures, self._call)
            loss = _divergence(self._logits(aimed_at), self._logits(found))
            loss += tf.add_n([_error(found[name], aimed_at[name]) for name in self._compared]) / len(self._compared)
        self._optimizer.apply(tape.gradient(loss, self._variables), self._variables)
        return loss

    def _both(self, pictures: Any) -> tuple[Any, Any]:
        walks = walk(self._network, pictures, self._call), walk(self._teacher, pictures, plain)
        student, teacher = (tf.nn.softmax(self._logits(found)) for found in walks)
        return student, teacher

    def _logits(self, found: dict[str, Any]) -> Any:
        return found[self._network.layers[-2].name]

    def _call(self, layer: layers.Layer, given: Sequence[Any]) -> Any:
        ends = self._ranges.get(layer.name)
        if isinstance(layer, LINEAR):
            made = self._linear(layer, given[0])
        elif isinstance(layer, layers.ReLU) and ends is not None and ends[0] == 0 and _bounded(layer, ends[1]):
            made = given[0]  # its range clips as the activation would
        else:
            made = plain(layer, given)
        return made if ends is None else rounded(made, ends)

    def _linear(self, layer: layers.Layer, given: Any) -> Any:
        unit, reach = self._units[layer.name]
        kernel = _rounded_kernel(layer, self._kernels[layer.name]) * unit
        return linear(layer, given, kernel, self._biases[layer.name] * reach)


def _rounded_kernel(layer: layers.Layer, kernel: Any) -> Any:
    """A kernel rounded to -127..127 steps an output channel, its largest value the last step, as TFLite does it."""
    shape = tf.shape(kernel)
    channels = tf.reshape(kernel, (-1, layer.output.shape[-1]))  # a depthwise kernel (h, w, channels, 1) as well
    most = tf.stop_gradient(tf.reduce_max(tf.abs(channels), axis=0))
    return tf.reshape(
        tf.quantization.fake_quant_with_min_max_vars_per_channel(channels, -most, most, narrow_range=True), shape
    )


def _shared(layer: layers.Layer) -> tuple[int, ...]:
    """The axes of a kernel along which one output channel lies."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return (0, 1)
    return (0,) if isinstance(layer, layers.Dense) else (0, 1, 2)


def _bounded(layer: layers.ReLU, high: float) -> bool:
    return layer.max_value is None or high <= layer.max_value


def _is_feature(layer: layers.Layer, takers: dict[int, list[layers.Layer]]) -> bool:
    """Whether a layer ends a block: between blocks the float network's tensors are aimed at as well."""
    behind = takers[id(layer.output)]
    if isinstance(layer, LINEAR):
        return not any(isinstance(taker, (layers.Add, layers.Softmax)) for taker in behind)
    if isinstance(layer, layers.ReLU):
        return any(isinstance(taker, layers.MaxPooling2D) for taker in behind)
    return True


def _divergence(aimed_at: Any, found: Any) -> Any:
    """Mean Kullback-Leibler divergence between two outputs, by logits (n, labels)."""
    aim, output = tf.nn.log_softmax(aimed_at), tf.nn.log_softmax(found)
    return tf.reduce_mean(tf.reduce_sum(tf.exp(aim) * (aim - output), axis=1))


def _error(found: Any, aimed_at: Any) -> Any:
    """Mean squared error as a share of the variance."""
    variance = tf.math.reduce_variance(aimed_at)
    return tf.reduce_mean(tf.square(found - aimed_at)) / tf.maximum(variance, _LEAST)
