"""From a trained Keras network to INT8 TFLite: weights, activations, input and output."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.lite.python.convert_phase import ConverterError

from edge.core.errors import BadModel
from edge.vision.quiet import native_silence


def to_int8(model: keras.Model, calibration: NDArray[np.float32]) -> bytes:
    """Quantize after training; `calibration` (n, size, size, 1) are inputs as the float network is given them.

    Weights are quantized per channel, activations per tensor, by the ranges that the calibration pictures reach
    (Jacob et al. 2018, arXiv:1712.05877). Raises BadModel where TensorFlow cannot.
    """
    try:
        with _silence():
            converter = tf.lite.TFLiteConverter.from_keras_model(model)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
            converter.representative_dataset = lambda: ([picture[np.newaxis]] for picture in calibration)
            return bytes(converter.convert())
    except (ConverterError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise BadModel(
            f"{model.name} cannot be quantized: {reason[0]}.", fix="Use layers that have INT8 kernels."
        ) from None


def tensors(content: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Input and output of a converted network as the interpreter describes them, and how many tensors are float."""
    with native_silence():
        # Without its default delegate, so that the graph is seen as it is stored.
        interpreter = Interpreter(model_content=content, experimental_delegates=[], num_threads=1)
        interpreter.allocate_tensors()
    floats = sum(np.issubdtype(tensor["dtype"], np.floating) for tensor in interpreter.get_tensor_details())
    return interpreter.get_input_details()[0], interpreter.get_output_details()[0], int(floats)


def balanced_sample(truth: NDArray[np.int64], each: int, seed: int = 0) -> NDArray[np.int64]:
    """Indexes of `each` pictures of every class (all of a smaller class), in random order."""
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(truth == label))[:each] for label in np.unique(truth)]
    return rng.permutation(np.concatenate(chosen))


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off the screen what Keras prints, TensorFlow warns of and the converter writes past Python."""
    nowhere = io.StringIO()
    with (
        native_silence(),
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        warnings.catch_warnings(action="ignore"),
    ):
        yield
