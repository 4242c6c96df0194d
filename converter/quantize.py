"""From a trained Keras network to INT8 TFLite: weights, activations, input and output."""

import io
import warnings
from collections.abc import Callable, Iterator
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
from models.graph.stored import Ranges, with_ranges


def to_int8(model: keras.Model, ranges: Ranges) -> bytes:
    """Quantize a folded network: its tensors between exactly these ranges, its weights per channel, the largest of each
    being its last step (Jacob et al. 2018, arXiv:1712.05877).

    Raises BadModel where the ranges are not this network's, or where TensorFlow cannot.
    """

    def all_int8(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = converter.inference_output_type = tf.int8

    return _converted(model, with_ranges(model, ranges), all_int8)


def to_float(model: keras.Model) -> bytes:
    """A folded network as float TFLite, for comparing sizes and times. Raises BadModel where TensorFlow cannot."""
    return _converted(model, with_ranges(model, None), lambda converter: None)


def _converted(model: keras.Model, answer: Callable[[Any], Any], set_up: Callable[[Any], None]) -> bytes:
    """What `answer` makes of one face, as TFLite: a batch of unknown size would be worked out anew in every answer."""
    try:
        with _silence():
            one = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name="face")
            traced = tf.function(answer, input_signature=[one], autograph=False).get_concrete_function()
            converter = tf.lite.TFLiteConverter.from_concrete_functions([traced], model)
            set_up(converter)
            return bytes(converter.convert())
    except (ConverterError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise BadModel(
            f"{model.name} cannot be converted: {reason[0]}.", fix="Use layers that TFLite has INT8 kernels for."
        ) from None


def tensors(content: bytes) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Input and output of a converted network as the interpreter describes them, and how many tensors are float."""
    with native_silence():
        # Without its default delegate, so that the graph is seen as it is stored.
        interpreter = Interpreter(model_content=content, experimental_delegates=[], num_threads=1)
        interpreter.allocate_tensors()
    floats = sum(np.issubdtype(tensor["dtype"], np.floating) for tensor in interpreter.get_tensor_details())
    return interpreter.get_input_details()[0], interpreter.get_output_details()[0], int(floats)


def balanced_sample(ground_truth: NDArray[np.int64], each: int, seed: int = 0) -> NDArray[np.int64]:
    """Indexes of `each` pictures of every class (all of a smaller class), in random order."""
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(ground_truth == label))[:each] for label in np.unique(ground_truth)]
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
