"""Interpreters asked in a process of their own, as on the device.

Where TensorFlow is loaded, tflite-runtime answers with TensorFlow's kernels instead of its own, so nothing that it says
in the converting process is evidence; and what else runs there would be timed too.
"""

import io
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.vision.card import Card, Model
from edge.vision.classifier import Backend, Classifier

_ROUNDS, _CALLS, _WARM_UP = 9, 50, 20

# Linux' names for them, on x86-64 and on Arm: products of 8-bit numbers, summed at once.
_DOT_PRODUCTS = ("avx512_vnni", "avx_vnni", "asimddp", "i8mm")


@dataclass(frozen=True, slots=True)
class Latency:
    """Processor time of one inference in LiteRT on one thread, float and INT8 timed in alternation.

    Attributes:
        float_ms: Median over the rounds, in milliseconds an inference.
        int8_ms: The same for the INT8 network.
        machine: The processor's architecture and its instructions for products of 8-bit numbers.
    """

    float_ms: float
    int8_ms: float
    machine: str

    @property
    def ratio(self) -> float:
        """`int8_ms` / `float_ms`: the ratio of the two medians, so that the three figures never contradict."""
        return self.int8_ms / self.float_ms

    def as_json(self) -> dict[str, Any]:
        """Returns the figures as plain JSON values (times to 0.1 us), with how they were measured."""
        return {
            "backend": str(Backend.LITERT),
            "threads": 1,
            "rounds": _ROUNDS,
            "calls": _CALLS,
            "float_ms": round(self.float_ms, 4),
            "int8_ms": round(self.int8_ms, 4),
            "ratio": round(self.ratio, 4),
            "machine": self.machine,
        }


def answers(model: Model, backend: Backend, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities (n, labels) for face crops (n, 48, 48), by the very code the device runs.

    Raises BadModel where the interpreter does not load the model, or ends without an answer.
    """
    card = np.frombuffer(model.card.model_dump_json().encode(), np.uint8)
    given = {"card": card, "content": np.frombuffer(model.content, np.uint8), "crops": crops}
    return np.asarray(_asked(f"{backend} does not read {model.card.file}", str(backend), given), np.float32)


def latency(by_float: bytes, by_int8: bytes) -> Latency:
    """Time both forms of a network, as TFLite files, in turns. Raises BadModel where LiteRT refuses one of them."""
    given = {"float": np.frombuffer(by_float, np.uint8), "int8": np.frombuffer(by_int8, np.uint8)}
    times_ms = _asked("LiteRT does not run the network", "time", given)
    float_ms, int8_ms = (float(value) for value in np.median(times_ms, axis=0))
    return Latency(float_ms, int8_ms, _processor())


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    words = set(listed.read_text().split()) if listed.exists() else set()
    return (
        f"{platform.machine()} with {', '.join(sorted(words.intersection(_DOT_PRODUCTS))) or 'no 8-bit dot products'}"
    )


def _asked(unable: str, what: str, given: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """What this file answers as a program."""
    question = io.BytesIO()
    np.savez(question, **given)
    command = [sys.executable, "-m", __name__, what]
    asked = subprocess.run(command, input=question.getvalue(), capture_output=True, check=False)
    if asked.returncode:
        said = asked.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {asked.returncode}"]
        raise BadModel(f"{unable}: {said[-1]}", fix="Convert it again.")
    return np.asarray(np.load(io.BytesIO(asked.stdout), allow_pickle=False))


def _answer(given: dict[str, NDArray[Any]], backend: Backend) -> NDArray[np.float32]:
    model = Model(Card.model_validate_json(given["card"].tobytes()), given["content"].tobytes())
    classify = Classifier(model, backend)
    return np.stack([classify(crop) for crop in given["crops"]])


def _times_ms(given: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Milliseconds a call, (rounds, 2): float and INT8, which of them goes first changing from round to round."""
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [Interpreter(model_content=given[form].tobytes(), num_threads=1) for form in ("float", "int8")]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        _time_ms(interpreter, _WARM_UP)
    times = np.zeros((_ROUNDS, 2))
    for number in range(_ROUNDS):
        for which in (0, 1) if number % 2 else (1, 0):
            times[number, which] = _time_ms(interpreters[which], _CALLS)
    return times


def _time_ms(interpreter: Any, calls: int) -> float:
    begun_s = thread_time()
    for _ in range(calls):
        interpreter.invoke()
    return (thread_time() - begun_s) * 1000 / calls


def _main() -> None:
    what = sys.argv[1]
    with np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False) as given:
        try:
            said = _times_ms(dict(given)) if what == "time" else _answer(dict(given), Backend(what))
        except (BadModel, ValueError, RuntimeError) as error:
            raise SystemExit(str(error)) from None
    answer = io.BytesIO()  # numpy asks a file for its position, and a pipe has none
    np.save(answer, said)
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    _main()
