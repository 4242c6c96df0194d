"""The proof that a converted network is the trained one: both on the same pictures, by the runtime's interpreter."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.metrics import Quality, quality
from edge.vision.card import Model
from edge.vision.classifier import Backend, Classifier, installed_backends
from models.datasets.faces import Faces
from models.training.batches import inputs


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The float network's and the INT8 network's figures on one test set."""

    float_quality: Quality
    int8_quality: Quality
    agreement: float  # share of pictures on which both give the same label
    largest_gap: float  # between two probabilities for the same label
    backends: tuple[Backend, ...]  # interpreters that load it and agree with each other to a step

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
            "backends": list(map(str, self.backends)),
        }


def prove(network: keras.Model, model: Model, test: Faces) -> Proof:
    """Run both over a test set; the INT8 one through the very code the device runs."""
    spec = model.card.input.spec
    by_float = np.asarray(network.predict(inputs(test, spec), batch_size=256, verbose=0), np.float32)
    backends = installed_backends()
    by_int8 = _answers(Classifier(model, backends[0]), test.crops)
    return Proof(
        float_quality=quality(test.truth, by_float, test.labels),
        int8_quality=quality(test.truth, by_int8, test.labels),
        agreement=float(np.mean(by_float.argmax(axis=1) == by_int8.argmax(axis=1))),
        largest_gap=float(np.abs(by_float - by_int8).max()),
        backends=tuple(backend for backend in backends if _loads(model, backend, test.crops[:32], by_int8[:32])),
    )


def _answers(classify: Classifier, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.stack([classify(crop) for crop in crops])


def _loads(
    model: Model, backend: Backend, crops: NDArray[np.uint8], expected: NDArray[np.float32], steps: float = 4
) -> bool:
    found = _answers(Classifier(model, backend), crops)
    return bool(np.abs(found - expected).max() <= steps * model.card.output.scale)
