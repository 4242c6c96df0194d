"""Float and INT8 compared on the same faces."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.rounding import rounded
from edge.evaluation.metrics import Quality, quality, quality_of_answers, rank_correlation
from edge.evaluation.votes import levels_of
from edge.vision.card import ScoreKnots
from models.datasets.faces import Faces


@dataclass(frozen=True)
class Comparison:
    """The outputs of the float network and of the INT8 network for the same n faces.

    Attributes:
        faces: The n labelled faces.
        by_float: Probabilities of the float network, (n, labels).
        by_int8: Probabilities of the INT8 network, (n, labels).
    """

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
        """Accuracy lost by quantization, as a share; negative where INT8 is more accurate."""
        return (self.float_quality.accuracy or 0.0) - (self.int8_quality.accuracy or 0.0)

    @property
    def agreement(self) -> float:
        """Share of the faces to which both give the same label."""
        return float(np.mean(self.by_float.argmax(axis=1) == self.by_int8.argmax(axis=1)))

    @property
    def largest_gap(self) -> float:
        """The largest difference between two probabilities for the same label of the same face."""
        return float(np.abs(self.by_float - self.by_int8).max())

    def where(self, keep: NDArray[np.bool_]) -> "Comparison":
        """Returns the comparison on some of the faces alone, those with `keep` (n,) true."""
        return Comparison(self.faces.where(keep), self.by_float[keep], self.by_int8[keep])

    def summary(self) -> dict[str, Any]:
        """Returns the number of faces and the accuracies alone; None where there is no face."""
        int8 = self.int8_quality.as_json()
        return {
            "n": len(self.faces),
            "accuracy": int8["accuracy"],
            "float_accuracy": rounded(self.float_quality.accuracy),
            "balanced_accuracy": int8["balanced_accuracy"],
        }

    def as_json(self) -> dict[str, Any]:
        """Returns all figures as plain JSON values."""
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
        """Compares the score with the faces' own.

        Args:
            knots: How the score follows from the probabilities.

        Returns:
            The rank correlations of both networks, and the quality of the level that a run reports, which is that of
            the score; empty where the faces have no scores.
        """
        if self.faces.scores is None:
            return {}
        by_float, by_int8 = (np.interp(by[:, 2] - by[:, 0], knots.x, knots.y) for by in (self.by_float, self.by_int8))
        figures = self._reported(self.by_int8, by_int8).as_json()
        named = ("accuracy", "balanced_accuracy", "expected_calibration_error", "per_class")
        return {
            "rank_correlation": rounded(rank_correlation(by_int8, self.faces.scores)),
            "float_rank_correlation": rounded(rank_correlation(by_float, self.faces.scores)),
            "level": {
                **{name: figures[name] for name in named},
                "float_accuracy": rounded(self._reported(self.by_float, by_float).accuracy),
            },
        }

    def _reported(self, probabilities: NDArray[np.float32], scores: NDArray[np.float64]) -> Quality:
        """The quality of the levels that follow from scores (n,); a level's probability is its confidence."""
        levels = levels_of(scores.astype(np.float32))
        confidence = np.take_along_axis(probabilities, levels[:, np.newaxis], axis=1)[:, 0]
        return quality_of_answers(self.faces.ground_truth, levels, confidence, self.faces.labels)
