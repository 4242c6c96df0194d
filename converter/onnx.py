"""The float network as ONNX, for other runtimes than TFLite's, checked by ONNX Runtime before it is written."""

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

from edge.core.errors import BadConfiguration, BadModel, EdgeError
from edge.vision.quiet import native_silence
from models.backend import INSTALL_TRAIN
from models.files import whole, writing
from models.graph.folded import can_fold, fold

LARGEST_GAP = 1e-4  # in a probability; a larger one is more than rounding


@dataclass(frozen=True, slots=True)
class Onnx:
    """An ONNX file, and how its outputs compare with the network's.

    Attributes:
        name: The network's name.
        content: The file.
        n: Inputs that both read.
        largest_gap: The largest difference in one label's probability.
        agreement: Share of the inputs with the same label.
    """

    name: str
    content: bytes
    n: int
    largest_gap: float
    agreement: float


def to_onnx(model: keras.Model, inputs: NDArray[np.float32]) -> Onnx:
    """Exports a float network, batch normalisation folded in, and compares both.

    The file's input is `face`, float32 (any number, *input shape), its output one probability a label.

    Args:
        model: The network.
        inputs: Inputs to compare on, (n, *input shape).

    Returns:
        The file and the comparison.

    Raises:
        BadConfiguration: tf2onnx or onnxruntime is not installed.
        BadModel: The export fails.
    """
    try:
        import onnxruntime
        import tf2onnx  # noqa: F401  # Keras exports through it
    except ImportError as error:
        raise BadConfiguration(f"This needs {error.name}, which is not installed.", fix=INSTALL_TRAIN) from None
    face = keras.InputSpec(shape=(None, *model.input_shape[1:]), dtype="float32", name="face")
    with tempfile.TemporaryDirectory() as folder, _silence():
        path = Path(folder) / "network.onnx"
        try:
            (fold(model) if can_fold(model) else model).export(
                path, format="onnx", verbose=False, input_signature=[face]
            )
            content = path.read_bytes()
            session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
            found = np.concatenate(session.run(None, {"face": inputs}))
        except (ValueError, RuntimeError, OSError, onnxruntime.capi.onnxruntime_pybind11_state.Fail) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise BadModel(f"{model.name} cannot become ONNX: {reason[0]}.", fix="Use layers that ONNX has.") from None
    expected = np.asarray(model.predict(inputs, batch_size=256, verbose=0))
    return Onnx(
        name=model.name,
        content=content,
        n=len(inputs),
        largest_gap=float(np.abs(found - expected).max()),
        agreement=float(np.mean(found.argmax(axis=1) == expected.argmax(axis=1))),
    )


def write(made: Onnx, out: Path) -> Path:
    """Writes `NAME.onnx`, or nothing where its outputs differ from the network's.

    Args:
        made: The file and its comparison.
        out: The folder; it is made where it does not exist.

    Returns:
        The path of the file.

    Raises:
        EdgeError: The outputs differ by more than LARGEST_GAP.
        CannotWrite: The folder refuses the file.
    """
    if not made.largest_gap <= LARGEST_GAP:
        raise EdgeError(
            f"ONNX answers otherwise, by up to {made.largest_gap:.2g}, more than {LARGEST_GAP:g}: nothing was written.",
            fix="Convert to TFLite, or report this.",
        )
    path = out / f"{made.name}.onnx"
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with whole(path) as part:
        part.write_bytes(made.content)
    return path


@contextmanager
def _silence() -> Iterator[None]:
    """Hides what tf2onnx and TensorFlow print about every export."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with native_silence(), warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)
