"""The proof that a converted network is the trained one: both on the same pictures, by the runtime's interpreter."""

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.apart import answers
from edge.core.errors import BadModel
from edge.core.metrics import Quality, quality
from edge.vision.card import Model
from edge.vision.classifier import Backend, installed_backends
from models.datasets.faces import Faces

_COMPARED = 256  # test faces that every further interpreter reads too
_DISTRIBUTIONS = {Backend.LITERT: "ai-edge-litert", Backend.TFLITE_RUNTIME: "tflite-runtime"}


@dataclass(frozen=True, slots=True)
class Interpreted:
    """How an interpreter that loads the network compares with the first, the one that gave the figures.

    Their kernels round differently in every layer: on x86-64 LiteRT's are XNNPACK's, tflite-runtime's TFLite's own. A
    deep network adds that up to several of the output's steps; labels differ seldom.
    """

    backend: Backend
    version: str
    n: int  # faces that both read
    agreement: float  # share of them with the same label
    largest_gap_steps: int  # in one label's probability, in steps of the output tensor


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The float network's and the INT8 network's figures on one test set."""

    float_quality: Quality
    int8_quality: Quality
    agreement: float  # share of pictures on which both give the same label
    largest_gap: float  # between two probabilities for the same label
    interpreters: tuple[Interpreted, ...]  # those that load it; the first gave the INT8 figures

    @property
    def drop(self) -> float:
        """Accuracy lost by quantization, as a share; negative where it gained."""
        return (self.float_quality.accuracy or 0.0) - (self.int8_quality.accuracy or 0.0)

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        recalls = self.float_quality.per_class(), self.int8_quality.per_class()
        return {
            "int8": self.int8_quality.as_json(),
            "float_accuracy": round(self.float_quality.accuracy or 0.0, 4),
            "accuracy_drop": round(self.drop, 4),
            "recall_drop": {
                label: round(row["recall"] - recalls[1][label]["recall"], 4)
                for label, row in recalls[0].items()
                if row["recall"] is not None
            },
            "top1_agreement": round(self.agreement, 4),
            "largest_probability_gap": round(self.largest_gap, 4),
            "backends": [str(found.backend) for found in self.interpreters],
            "interpreters": {
                str(found.backend): {
                    "version": found.version,
                    "n": found.n,
                    "top1_agreement": round(found.agreement, 4),
                    "largest_gap_steps": found.largest_gap_steps,
                }
                for found in self.interpreters
            },
        }


def prove(by_float: NDArray[np.float32], model: Model, test: Faces) -> Proof:
    """Compare the float network's answers (n, labels) with the INT8 one's, given by the very code the device runs, in
    a process as on the device.

    Raises BadModel where the first interpreter does not load it.
    """
    first, *others = installed_backends()
    by_int8 = answers(model, first, test.crops)
    shown = np.unique(np.linspace(0, len(test) - 1, _COMPARED).astype(int))
    compared = [_compared(model, first, by_int8[shown], by_int8[shown])]
    for backend in others:
        with suppress(BadModel):
            compared.append(_compared(model, backend, answers(model, backend, test.crops[shown]), by_int8[shown]))
    return Proof(
        float_quality=quality(test.truth, by_float, test.labels),
        int8_quality=quality(test.truth, by_int8, test.labels),
        agreement=float(np.mean(by_float.argmax(axis=1) == by_int8.argmax(axis=1))),
        largest_gap=float(np.abs(by_float - by_int8).max()),
        interpreters=tuple(compared),
    )


def _compared(model: Model, backend: Backend, found: NDArray[np.float32], expected: NDArray[np.float32]) -> Interpreted:
    return Interpreted(
        backend=backend,
        version=version(_DISTRIBUTIONS[backend]),
        n=len(found),
        agreement=float(np.mean(found.argmax(axis=1) == expected.argmax(axis=1))),
        largest_gap_steps=round(float(np.abs(found - expected).max()) / model.card.output.scale),
    )
