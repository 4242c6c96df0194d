"""Float and INT8 compared on the same faces."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.score import normal_scores, scores_of
from edge.core.labels import LEVELS, level_of
from edge.core.rounding import rounded
from edge.evaluation.metrics import Quality, area_under_curve, quality, quality_of_answers, rank_correlation
from edge.vision.card import Score
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
            **self._areas(),
        }

    def _areas(self) -> dict[str, Any]:
        """The areas under the curve where there are two labels."""
        if len(self.faces.labels) != 2:
            return {}
        second = self.faces.ground_truth == 1
        both = (("float", self.by_float), ("int8", self.by_int8))
        return {"area_under_curve": {name: rounded(area_under_curve(second, one[:, 1])) for name, one in both}}

    def score_as_json(self, score: Score) -> dict[str, Any]:
        """Compares the score with the faces' own, and counts how often the level that a run reports is right.

        Args:
            score: How the score follows from the probabilities.

        Returns:
            The figures of `reported_as_json` for INT8, and rank correlation and accuracy of the float network.
        """
        by_float = Comparison(self.faces, self.by_int8, self.by_float)
        figures, of_float = (one.reported_as_json(score) for one in (self, by_float))
        return {
            **figures,
            "float_rank_correlation": of_float["rank_correlation"],
            "level": {**figures["level"], "float_accuracy": of_float["level"]["accuracy"]},
        }

    def reported_as_json(self, score: Score) -> dict[str, Any]:
        """Compares INT8's score with the faces' own.

        Args:
            score: How the score follows from the probabilities.

        Returns:
            The rank correlation with the raters; correlation and mean difference to their normal scores, ties broken
            by the network's own; and the quality of the level that a run reports.
        """
        scores = scores_of(self.by_int8, score)
        levels = np.array([LEVELS.index(level_of(one)) for one in scores], np.int64)
        confidence = np.array([score.scale.levels(one)[level] for one, level in zip(scores, levels, strict=True)])
        reported = quality_of_answers(
            self.faces.ground_truth, levels, confidence.astype(np.float32), self.faces.labels
        ).as_json()
        named = ("accuracy", "balanced_accuracy", "expected_calibration_error", "per_class")
        return {
            **_beside_raters(scores, self.faces.scores),
            "level": {name: reported[name] for name in named},
        }


def _beside_raters(scores: NDArray[np.float64], rated: NDArray[np.float32] | None) -> dict[str, Any]:
    if rated is None:
        return {"rank_correlation": None}
    normal = normal_scores(rated, scores)
    return {
        "rank_correlation": rounded(rank_correlation(scores, rated)),
        "normal_correlation": rounded(float(np.corrcoef(scores, normal)[0, 1])),
        "normal_difference": rounded(float(np.abs(scores - normal).mean())),
    }
