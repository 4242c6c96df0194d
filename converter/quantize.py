"""From a trained Keras network to INT8 TFLite: weights, activations, input and output."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray


def to_int8(model: keras.Model, calibration: NDArray[np.float32]) -> bytes:
    """Quantize after training; `calibration` (n, size, size, 1) are inputs as the float network is given them.

    Weights are quantized per channel, activations per tensor, by the ranges that the calibration pictures reach
    (Jacob et al. 2018, arXiv:1712.05877).
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter.representative_dataset = lambda: ([picture[np.newaxis]] for picture in calibration)
    return bytes(converter.convert())


def tensors(content: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Input and output of a converted network as the interpreter describes them, and how many tensors are float."""
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
