"""The proof that a converted network is the trained one: both on the test split, INT8 by the runtime's interpreter."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.proof.comparison import Comparison
from converter.proof.interpreter_subprocess import outputs_of
from converter.proof.latency import Latency, latency
from converter.quantize import to_float
from converter.splits import Splits
from converter.tflite_file import operators
from converter.trained import Trained
from edge.core.errors import BadModel
from edge.evaluation.metrics import quality
from edge.vision.card import Model, OutputForm
from edge.vision.interpreters import Backend, installed_backends
from models.datasets.clean import repeats
from models.datasets.faces import Faces

_COMPARED = 256  # test faces that every further interpreter reads too
_DISTRIBUTIONS = {Backend.LITERT: "ai-edge-litert", Backend.TFLITE_RUNTIME: "tflite-runtime"}


@dataclass(frozen=True, slots=True)
class InterpreterCheck:
    """How an interpreter that loads the network compares with the first, which gives the figures.

    Their kernels round differently in every layer: on x86-64 LiteRT uses XNNPACK's, tflite-runtime TFLite's own. In a
    deep network the differences add up to several steps of the output; labels differ rarely.

    Attributes:
        backend: The interpreter.
        version: Of its distribution.
        n: Faces that both read.
        agreement: Share of them with the same label.
        largest_gap_steps: The largest difference in one label's output, in steps of the output tensor.
    """

    backend: Backend
    version: str
    n: int
    agreement: float
    largest_gap_steps: int

    def as_json(self) -> dict[str, Any]:
        """Returns the figures as plain JSON values."""
        return {
            "version": self.version,
            "n": self.n,
            "top1_agreement": round(self.agreement, 4),
            "largest_gap_steps": self.largest_gap_steps,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """All evidence about a converted network.

    Attributes:
        model: The network and its card as far as it is known without evidence.
        data: What the card says about the test split.
        comparison: Float against INT8 on it.
        clean: The same on its faces that stand in no other split, the same or nearly so.
        against: The same with the other labellings of the split, by name.
        interpreters: Those that load the network; the first gave the INT8 figures.
        latency: Times of both forms.
        float_unadjusted_error: Expected calibration error (0..1) of the float network before its adjustment.
        float_weights_bytes: Size of the trained weights in float32.
        float_tflite_bytes: Size of the float network as TFLite.
    """

    model: Model
    data: Mapping[str, Any]
    comparison: Comparison
    clean: Comparison
    against: Mapping[str, Comparison]
    interpreters: tuple[InterpreterCheck, ...]
    latency: Latency
    float_unadjusted_error: float
    float_weights_bytes: int
    float_tflite_bytes: int

    def as_json(self) -> dict[str, Any]:
        """Returns the evidence of the card as plain JSON values."""
        compared, score = self.comparison, self.model.card.score
        return {
            "data": {**self.data, "n": len(compared.faces)},
            "float_tensors": 0,
            "operators": operators(self.model.content),
            "float_weights_bytes": self.float_weights_bytes,
            "float_tflite_bytes": self.float_tflite_bytes,
            "latency": self.latency.as_json(),
            "calibration_error": {
                "float_unadjusted": round(self.float_unadjusted_error, 4),
                "float": round(compared.float_quality.calibration_error, 4),
                "int8": round(compared.int8_quality.calibration_error, 4),
            },
            **({} if score is None else {"score": compared.score_as_json(score)}),
            **compared.as_json(),
            "clean": self.clean.summary(),
            "against": {name: other.as_json() for name, other in self.against.items()},
            "backends": [str(check.backend) for check in self.interpreters],
            "interpreters": {str(check.backend): check.as_json() for check in self.interpreters},
        }


def prove(trained: Trained, adjusted: Trained, model: Model, data: Splits) -> Proof:
    """Compares the reference with a converted network, which runs in a process of its own as on the device.

    Args:
        trained: The network before its adjustment.
        adjusted: The network after it; its reference is what INT8 is compared with.
        model: The converted network.
        data: Its test split is read.

    Returns:
        The evidence.

    Raises:
        BadModel: The first interpreter does not load the network.
    """
    first, *others = installed_backends()

    def compared(faces: Faces) -> Comparison:
        return Comparison(faces, adjusted.predict(adjusted.reference, faces), outputs_of(model, first, faces.crops))

    samples = adjusted.network.target.samples(data.test)
    test = samples.faces
    comparison = compared(test)
    chosen = np.unique(np.linspace(0, len(test) - 1, _COMPARED).astype(int))
    expected = comparison.by_int8[chosen]
    checks = [_check(model, first, expected, expected)]
    for backend in others:
        with suppress(BadModel):
            checks.append(_check(model, backend, outputs_of(model, backend, test.crops[chosen]), expected))
    float_content = to_float(adjusted.reference)
    unadjusted = trained.predict(trained.reference, test)
    return Proof(
        model=model,
        data=data.about,
        comparison=comparison,
        clean=comparison.where(~repeats(data.test, (data.train, data.validation))[samples.rows]),
        against={name: compared(faces) for name, faces in adjusted.against(data.test).items()},
        interpreters=tuple(checks),
        latency=latency(float_content, model.content),
        float_unadjusted_error=quality(test.ground_truth, unadjusted, test.labels).calibration_error,
        float_weights_bytes=4 * trained.model.count_params(),
        float_tflite_bytes=len(float_content),
    )


def _check(
    model: Model, backend: Backend, found: NDArray[np.float32], expected: NDArray[np.float32]
) -> InterpreterCheck:
    return InterpreterCheck(
        backend=backend,
        version=version(_DISTRIBUTIONS[backend]),
        n=len(found),
        agreement=float(np.mean(found.argmax(axis=1) == expected.argmax(axis=1))),
        largest_gap_steps=round(float(np.abs(_stored(model, found) - _stored(model, expected)).max())),
    )


def _stored(model: Model, probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities (n, labels) in steps of the output tensor; logits are known up to a constant a row."""
    real = probabilities.astype(np.float64)
    if model.card.output.form is OutputForm.LOGITS:
        real = np.log(real)
        real -= real.mean(axis=1, keepdims=True)
    return real / model.card.output.scale
