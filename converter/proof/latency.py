"""The processor time of one inference, float and INT8 side by side."""

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from converter.proof.interpreter_subprocess import CALLS, ROUNDS, times_ms
from edge.vision.interpreters import Backend

# Linux's names for instructions that multiply and add 8-bit numbers at once, on x86-64 and on Arm.
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
            "rounds": ROUNDS,
            "calls": CALLS,
            "float_ms": round(self.float_ms, 4),
            "int8_ms": round(self.int8_ms, 4),
            "ratio": round(self.ratio, 4),
            "machine": self.machine,
        }


def latency(float_content: bytes, int8_content: bytes) -> Latency:
    """Times both forms of a network.

    Args:
        float_content: The float TFLite file.
        int8_content: The INT8 TFLite file.

    Returns:
        The medians over all rounds.

    Raises:
        BadModel: LiteRT refuses one of the files.
    """
    float_ms, int8_ms = (float(value) for value in np.median(times_ms(float_content, int8_content), axis=0))
    return Latency(float_ms, int8_ms, _processor())


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    words = set(listed.read_text().split()) if listed.exists() else set()
    dot_products = ", ".join(sorted(words.intersection(_DOT_PRODUCTS)))
    return f"{platform.machine()} with {dot_products or 'no 8-bit dot products'}"
