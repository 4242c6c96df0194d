"""Inference in a process of its own, as on the device.

Where TensorFlow is loaded, tflite-runtime computes with TensorFlow's kernels instead of its own, so that its outputs in
the converting process are no evidence; and the times would include whatever else runs there.
"""

import io
import subprocess
import sys
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.vision.card import Card, Model
from edge.vision.interpreters import Backend
from edge.vision.readers import reader_of

ROUNDS, CALLS = 9, 50
_WARM_UP = 20
_TIME = "time"  # what the subprocess does instead of inference with a backend


def outputs_of(model: Model, backend: Backend, samples: NDArray[Any]) -> NDArray[np.float32]:
    """Runs a converted network through the runtime's own preprocessing and interpreter.

    Args:
        model: The network and its card.
        backend: The interpreter.
        samples: What the runtime reads, by the card's kind of input: face crops are uint8 (n, 48, 48).

    Returns:
        Probabilities, float32 (n, labels).

    Raises:
        BadModel: The interpreter does not load the network, or ends without a result.
    """
    card = np.frombuffer(model.card.model_dump_json().encode(), np.uint8)
    arrays = {"card": card, "content": np.frombuffer(model.content, np.uint8), "samples": samples}
    return np.asarray(_run(f"{backend} does not read {model.card.file}", str(backend), arrays), np.float32)


def times_ms(float_content: bytes, int8_content: bytes) -> NDArray[np.float64]:
    """Times both forms of a network in LiteRT on one thread, in alternation.

    Args:
        float_content: The float TFLite file.
        int8_content: The INT8 TFLite file.

    Returns:
        Processor time of one inference in milliseconds, (ROUNDS, 2): float and INT8, each the mean of CALLS.

    Raises:
        BadModel: LiteRT refuses one of the files.
    """
    arrays = {"float": np.frombuffer(float_content, np.uint8), "int8": np.frombuffer(int8_content, np.uint8)}
    return np.asarray(_run("LiteRT does not run the network", _TIME, arrays), np.float64)


def _run(failure: str, command: str, arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Runs this file as a program on `arrays` and returns the array that it writes."""
    written = io.BytesIO()
    np.savez(written, **arrays)
    process = subprocess.run(
        [sys.executable, "-m", __name__, command], input=written.getvalue(), capture_output=True, check=False
    )
    if process.returncode:
        lines = process.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"it ended with {process.returncode}"
        raise BadModel(f"{failure}: {reason}", fix="Convert it again.")
    return np.asarray(np.load(io.BytesIO(process.stdout), allow_pickle=False))


def _infer(arrays: dict[str, NDArray[Any]], backend: Backend) -> NDArray[np.float32]:
    model = Model(Card.model_validate_json(arrays["card"].tobytes()), arrays["content"].tobytes())
    read = reader_of(model, backend)
    return np.stack([read(sample) for sample in arrays["samples"]])


def _time(arrays: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """(ROUNDS, 2) for `times_ms`; which of the two is first alternates from round to round."""
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [Interpreter(model_content=arrays[form].tobytes(), num_threads=1) for form in ("float", "int8")]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        _time_ms(interpreter, _WARM_UP)
    times = np.zeros((ROUNDS, 2))
    for number in range(ROUNDS):
        for form in (0, 1) if number % 2 else (1, 0):
            times[number, form] = _time_ms(interpreters[form], CALLS)
    return times


def _time_ms(interpreter: Any, calls: int) -> float:
    begun_s = thread_time()
    for _ in range(calls):
        interpreter.invoke()
    return (thread_time() - begun_s) * 1000 / calls


def _main() -> None:
    command = sys.argv[1]
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as arrays:
        try:
            result = _time(dict(arrays)) if command == _TIME else _infer(dict(arrays), Backend(command))
        except (BadModel, ValueError, RuntimeError) as error:
            raise SystemExit(str(error)) from None
    written = io.BytesIO()  # numpy needs a file that can seek, which a pipe cannot
    np.save(written, result)
    sys.stdout.buffer.write(written.getvalue())


if __name__ == "__main__":
    _main()
