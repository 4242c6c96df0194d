"""The interpreters that run TFLite networks; the only file that knows them."""

import importlib
from enum import StrEnum
from typing import Any

import numpy as np

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
    """The interpreters that can be used here, the preferred one first."""
    return tuple(backend for backend in _MODULES if _interpreter_class(backend) is not None)


def missing_backends() -> dict[Backend, str]:
    """The interpreters that cannot be used here, each with a sentence that says why."""
    return {backend: _obstacle(backend) for backend in _MODULES if _interpreter_class(backend) is None}


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
    if backend is Backend.TFLITE_RUNTIME and not _numpy_1():
        raise BadModel(_obstacle(backend), fix="Choose the backend litert.")
    names = " or ".join(_MODULES[choice].split(".")[0].replace("_", "-") for choice in wanted)
    raise BadModel("No interpreter for the models is installed.", fix=f"Install {names}.")


def _numpy_1() -> bool:
    return np.__version__.startswith("1.")


def _obstacle(backend: Backend) -> str:
    if backend is Backend.TFLITE_RUNTIME and not _numpy_1():
        return f"{backend} runs with numpy 1 only, and numpy {np.__version__} is installed."
    return f"{backend} is not installed."


def _interpreter_class(backend: Backend) -> Any:
    if backend is Backend.TFLITE_RUNTIME and not _numpy_1():
        return None  # 2.14.0, its last release, can be imported there and then fails to make an interpreter
    try:
        with native_silence():
            return importlib.import_module(_MODULES[backend]).Interpreter
    except ImportError:
        return None
