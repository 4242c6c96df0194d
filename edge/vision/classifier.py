"""A TFLite classifier over a face crop; the only file that knows the interpreters."""

import importlib
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.preprocess import stored_input
from edge.vision.card import Model, Tensor
from edge.vision.quiet import native_silence


class Backend(StrEnum):
    """Which interpreter runs the networks."""

    AUTO = "auto"
    LITERT = "litert"
    TFLITE_RUNTIME = "tflite-runtime"


_MODULES = {
    Backend.LITERT: "ai_edge_litert.interpreter",
    Backend.TFLITE_RUNTIME: "tflite_runtime.interpreter",
}
_TOGETHER = "Install the model and the card that belong together."


def installed_backends() -> tuple[Backend, ...]:
    """The interpreters that can be imported here, the preferred one first."""
    return tuple(backend for backend in _MODULES if _interpreter_class(backend) is not None)


class Classifier:
    """One network, loaded from bytes that were checked against its card. Not for use by two threads at once.

    Raises BadModel where no such interpreter is installed, or where the loaded network's tensors are not the card's.
    """

    def __init__(self, model: Model, backend: Backend = Backend.AUTO, threads: int = 1) -> None:
        self.card = model.card
        self.backend, interpreter_class = _choose(backend)
        with native_silence():
            try:
                self._interpreter = interpreter_class(model_content=model.content, num_threads=threads)
                self._interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise BadModel(
                    f"{self.backend} refuses {model.card.file}: {error}.", fix="Install the model again."
                ) from None
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise BadModel(
                f"{model.card.file} has {len(inputs)} inputs and {len(outputs)} outputs; its card says one of each.",
                fix=_TOGETHER,
            )
        (given,), (answered,) = inputs, outputs
        _check(model.card.file, "input", given, model.card.input)
        _check(model.card.file, "output", answered, model.card.output)
        self._given, self._answered = given["index"], answered["index"]
        self._spec, self._input = model.card.input.spec, model.card.input.quantization
        self._output = model.card.output.quantization

    def __call__(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities (labels,) for a face crop (48, 48); they sum to 1."""
        self._interpreter.set_tensor(self._given, stored_input(crop, self._spec, self._input)[np.newaxis])
        self.invoke()
        shares = self._output.real(self._interpreter.get_tensor(self._answered)[0])
        return np.asarray(shares / shares.sum(), np.float32)

    def invoke(self) -> None:
        """Run the bare interpreter on the crop it was given last, for measuring."""
        self._interpreter.invoke()


def _choose(backend: Backend) -> tuple[Backend, Any]:
    wanted = tuple(_MODULES) if backend is Backend.AUTO else (backend,)
    for choice in wanted:
        found = _interpreter_class(choice)
        if found is not None:
            return choice, found
    names = " or ".join(_MODULES[choice].split(".")[0].replace("_", "-") for choice in wanted)
    raise BadModel("No interpreter for the models is installed.", fix=f"Install {names}.")


def _interpreter_class(backend: Backend) -> Any:
    try:
        with native_silence():
            return importlib.import_module(_MODULES[backend]).Interpreter
    except ImportError:
        return None


def _check(file: str, which: str, found: dict[str, Any], expected: Tensor) -> None:
    shape, dtype = tuple(int(side) for side in found["shape"]), np.dtype(found["dtype"]).name
    scale, zero_point = found["quantization"]
    same = shape == expected.shape and dtype == expected.dtype and zero_point == expected.zero_point
    if not same or not np.isclose(scale, expected.scale, rtol=1e-5):
        raise BadModel(
            f"{file} has an {which} of {dtype} {shape}, scale {scale:.6g}, zero point {zero_point}; its card says "
            f"{expected.dtype} {expected.shape}, scale {expected.scale:.6g}, zero point {expected.zero_point}.",
            fix=_TOGETHER,
        )
