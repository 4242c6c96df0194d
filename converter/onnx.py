"""The float network as ONNX, for runtimes other than TFLite's, checked by ONNX Runtime before it is written."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration, BadModel
from edge.vision.quiet import native_silence
from models.graph.folded import fold

LARGEST_GAP = 1e-4  # in a probability; more is no rounding


@dataclass(frozen=True, slots=True)
class Onnx:
    """An ONNX file, and how its answers compare with the network's."""

    content: bytes
    n: int  # inputs that both answered
    largest_gap: float  # in one label's probability
    agreement: float  # share of the inputs with the same label


def to_onnx(model: keras.Model, shown: NDArray[np.float32]) -> Onnx:
    """Export a float network, batch normalisation folded in, and compare both on inputs (n, size, size, 1).

    The file takes `face` (any number, size, size, 1) and gives one probability a label. Raises BadConfiguration where
    tf2onnx or onnxruntime is missing, BadModel where the export fails.
    """
    try:
        import onnxruntime
        import tf2onnx  # noqa: F401  # Keras exports through it
    except ImportError as error:
        raise BadConfiguration(
            f"This needs {error.name}, which is not installed.", fix="Install edge-expressiveness[train]."
        ) from None
    face = keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype="float32", name="face")
    with tempfile.TemporaryDirectory() as folder, _silence():
        path = Path(folder) / "network.onnx"
        try:
            fold(model).export(path, format="onnx", verbose=False, input_signature=[face])
            content = path.read_bytes()
            session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
            found = np.concatenate(session.run(None, {"face": shown}))
        except (ValueError, RuntimeError, OSError, onnxruntime.capi.onnxruntime_pybind11_state.Fail) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise BadModel(f"{model.name} cannot become ONNX: {reason[0]}.", fix="Use layers that ONNX has.") from None
    expected = np.asarray(model.predict(shown, batch_size=256, verbose=0))
    return Onnx(
        content=content,
        n=len(shown),
        largest_gap=float(np.abs(found - expected).max()),
        agreement=float(np.mean(found.argmax(axis=1) == expected.argmax(axis=1))),
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off the screen what tf2onnx and TensorFlow say of every export."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with native_silence(), warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)
