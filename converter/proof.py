"""The proof that a converted network is the trained one: both on the same pictures, by the runtime's interpreter."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.interpreter_subprocess import answers
from edge.core.errors import BadModel
from edge.evaluation.metrics import Quality, quality, quality_of_answers, rank_correlation
from edge.evaluation.votes import levels_of
from edge.vision.card import Model, ScoreKnots
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

    def as_json(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return {
            "version": self.version,
            "n": self.n,
            "top1_agreement": round(self.agreement, 4),
            "largest_gap_steps": self.largest_gap_steps,
        }


@dataclass(frozen=True)
class Compared:
    """The answers (n, labels) of the float network and of the INT8 network to the same n faces."""

    faces: Faces
    by_float: NDArray[np.float32]
    by_int8: NDArray[np.float32]

    @cached_property
    def float_quality(self) -> Quality:
        """The float network's figures."""
        return quality(self.faces.ground_truth, self.by_float, self.faces.labels)

    @cached_property
    def int8_quality(self) -> Quality:
        """The INT8 network's figures."""
        return quality(self.faces.ground_truth, self.by_int8, self.faces.labels)

    @property
    def drop(self) -> float:
        """Accuracy lost by quantization, as a share; negative where it gained."""
        return (self.float_quality.accuracy or 0.0) - (self.int8_quality.accuracy or 0.0)

    @property
    def agreement(self) -> float:
        """Share of the faces on which both give the same label."""
        return float(np.mean(self.by_float.argmax(axis=1) == self.by_int8.argmax(axis=1)))

    @property
    def largest_gap(self) -> float:
        """Between two probabilities for the same label of the same face."""
        return float(np.abs(self.by_float - self.by_int8).max())

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        by_float, by_int8 = self.float_quality.per_class(), self.int8_quality.per_class()
        return {
            "int8": self.int8_quality.as_json(),
            "float_accuracy": round(self.float_quality.accuracy or 0.0, 4),
            "accuracy_drop": round(self.drop, 4),
            "recall_drop": {
                label: round(row["recall"] - by_int8[label]["recall"], 4)
                for label, row in by_float.items()
                if row["recall"] is not None
            },
            "top1_agreement": round(self.agreement, 4),
            "largest_probability_gap": round(self.largest_gap, 4),
        }

    def score_as_json(self, knots: ScoreKnots) -> dict[str, Any]:
        """How well the score follows the faces' own, by rank, and the level that a run reports: that of the score."""
        if self.faces.scores is None:
            return {}
        by_float, by_int8 = (np.interp(by[:, 2] - by[:, 0], knots.x, knots.y) for by in (self.by_float, self.by_int8))
        levels = levels_of(by_int8.astype(np.float32))
        confidence = np.take_along_axis(self.by_int8, levels[:, np.newaxis], axis=1)[:, 0]
        figures = quality_of_answers(self.faces.ground_truth, levels, confidence, self.faces.labels).as_json()
        return {
            "rank_correlation": _rounded(rank_correlation(by_int8, self.faces.scores)),
            "float_rank_correlation": _rounded(rank_correlation(by_float, self.faces.scores)),
            "level": {name: figures[name] for name in ("accuracy", "balanced_accuracy", "per_class")},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The comparison on the test set, the same against other labels of it, and which interpreters load the network."""

    compared: Compared
    against: Mapping[str, Compared]  # by who says what is true
    interpreters: tuple[Interpreted, ...]  # those that load it; the first gave the INT8 figures

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        return {
            **self.compared.as_json(),
            "against": {name: compared.as_json() for name, compared in self.against.items()},
            "backends": [str(found.backend) for found in self.interpreters],
            "interpreters": {str(found.backend): found.as_json() for found in self.interpreters},
        }


def prove(
    by_float: Callable[[Faces], NDArray[np.float32]], model: Model, test: Faces, against: Mapping[str, Faces]
) -> Proof:
    """Compare the float network's answers with the INT8 one's, given by the very code the device runs, in a process as
    on the device.

    `against` holds test faces with other labels, by who gave them. Raises BadModel where the first interpreter does not
    load the model.
    """
    first, *others = installed_backends()

    def compared(faces: Faces) -> Compared:
        return Compared(faces, by_float(faces), answers(model, first, faces.crops))

    whole = compared(test)
    shown = np.unique(np.linspace(0, len(test) - 1, _COMPARED).astype(int))
    interpreters = [_interpreted(model, first, whole.by_int8[shown], whole.by_int8[shown])]
    for backend in others:
        with suppress(BadModel):
            found = answers(model, backend, test.crops[shown])
            interpreters.append(_interpreted(model, backend, found, whole.by_int8[shown]))
    return Proof(whole, {name: compared(faces) for name, faces in against.items()}, tuple(interpreters))


def _interpreted(
    model: Model, backend: Backend, found: NDArray[np.float32], expected: NDArray[np.float32]
) -> Interpreted:
    return Interpreted(
        backend=backend,
        version=version(_DISTRIBUTIONS[backend]),
        n=len(found),
        agreement=float(np.mean(found.argmax(axis=1) == expected.argmax(axis=1))),
        largest_gap_steps=round(float(np.abs(found - expected).max()) / model.card.output.scale),
    )


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)
