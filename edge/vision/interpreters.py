"""The interpreters that run TFLite networks; the only file that knows them."""

import importlib
from enum import StrEnum
from typing import Any

from edge.core.errors import BadModel
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


def installed_backends() -> tuple[Backend, ...]:
    """The interpreters that can be imported here, the preferred one first."""
    return tuple(backend for backend in _MODULES if _interpreter_class(backend) is not None)


def new_interpreter(content: bytes, file: str, backend: Backend, threads: int) -> tuple[Backend, Any]:
    """Load a network into an interpreter, and allocate its tensors.

    Args:
        content: The network, as read from its file; its hash was checked.
        file: The file's name, for the error.
        backend: The interpreter; `AUTO` takes the first that is installed.
        threads: Threads of the interpreter, 1 or more.

    Returns:
        Which interpreter it is, and the interpreter.

    Raises:
        BadModel: No such interpreter is installed, or it refuses the network.
    """
    chosen, interpreter_class = _choose(backend)
    with native_silence():
        try:
            interpreter = interpreter_class(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BadModel(f"{chosen} refuses {file}: {error}.", fix="Install the model again.") from None
    return chosen, interpreter


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
