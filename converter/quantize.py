"""A folded Keras network as a TFLite file: full-integer INT8, or float to compare it with."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.python.convert_phase import ConverterError
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edge.core.errors import BadModel
from edge.vision.quiet import native_silence
from models.graph.folded import can_fold, fold
from models.graph.stored import Ranges, with_ranges
from models.graph.unrolled import unrolled


def to_int8(model: keras.Model, ranges: Ranges) -> bytes:
    """Quantizes weights, activations, input and output (Jacob et al. 2018, arXiv:1712.05877).

    Args:
        model: A folded network (`models.graph.folded.fold`).
        ranges: The range that each stored tensor gets exactly. Weights have one scale an output channel: the largest
            magnitude over 127.

    Returns:
        The TFLite file, for a batch of one.

    Raises:
        BadModel: The ranges are not this network's, or TensorFlow cannot convert it.
    """

    def all_int8(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    return _converted(model, with_ranges(model, ranges), all_int8)


def to_int8_by_samples(model: keras.Model, samples: NDArray[np.float32]) -> bytes:
    """Quantizes a network of any layers by TFLite's own calibration, weights per channel.

    Args:
        model: The network.
        samples: Inputs (n, *input shape) whose ranges decide; an input outside them is clipped.

    Returns:
        The TFLite file, for a batch of one.

    Raises:
        BadModel: TensorFlow cannot convert it, or has no INT8 kernel for one of its layers.
    """

    def all_int8(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([sample[np.newaxis]] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    return _converted(model, partial(model, training=False), all_int8)


def to_float(model: keras.Model) -> bytes:
    """Converts without quantization, for comparing sizes and times.

    Args:
        model: A network; it is folded where its layers allow it.

    Returns:
        The TFLite file, for a batch of one.

    Raises:
        BadModel: TensorFlow cannot convert it.
    """
    forward = with_ranges(fold(model), None) if can_fold(model) else partial(unrolled(model), training=False)
    return _converted(model, forward, lambda converter: None)


def _converted(model: keras.Model, forward: Callable[[Any], Any], set_up: Callable[[Any], None]) -> bytes:
    """`forward` as TFLite for a batch of one: with an open batch size, shapes would be computed in every inference."""
    try:
        with _silence():
            one = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="face")
            traced = tf.function(forward, input_signature=[one], autograph=False).get_concrete_function()
            frozen = convert_variables_to_constants_v2(traced)
            converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], model)
            set_up(converter)
            return bytes(converter.convert())
    except (ConverterError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise BadModel(
            f"{model.name} cannot be converted: {reason[0]}.", fix="Use layers that TFLite has INT8 kernels for."
        ) from None


@contextmanager
def _silence() -> Iterator[None]:
    """Hides what Keras prints, what TensorFlow warns of, and what the converter writes below Python."""
    discarded = io.StringIO()
    with (
        native_silence(),
        redirect_stdout(discarded),
        redirect_stderr(discarded),
        warnings.catch_warnings(action="ignore"),
    ):
        yield
