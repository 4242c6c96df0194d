"""Figures of a classifier: accuracy, recall, calibration and rank correlation, from answers and ground truth."""

from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.rounding import rounded


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """Figures over n classified pictures. Where a class has no picture its recall, precision and F1 are None."""

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]  # (labels, labels): rows true, columns predicted
    calibration_error: float  # 0..1; NaN where the answers have no probability

    @property
    def n(self) -> int:
        """Pictures classified."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float | None:
        """Share of right answers, 0..1; None where n is 0."""
        return _share(float(np.trace(self.confusion)), self.n)

    @property
    def balanced_accuracy(self) -> float | None:
        """Mean of the recalls of the classes that have pictures (Brodersen et al. 2010, doi:10.1109/ICPR.2010.764)."""
        recalls = [row["recall"] for row in self.per_class().values() if row["recall"] is not None]
        return sum(recalls) / len(recalls) if recalls else None

    @property
    def lowest_recall(self) -> tuple[str, float] | None:
        """The class with pictures that is found least often, and its recall; None where there is no picture."""
        recalls = {label: row["recall"] for label, row in self.per_class().items() if row["recall"] is not None}
        return min(recalls.items(), key=lambda row: row[1], default=None)

    def per_class(self) -> dict[str, dict[str, Any]]:
        """Recall, precision, F1 and n of each label."""
        rows: dict[str, dict[str, Any]] = {}
        for index, label in enumerate(self.labels):
            right = float(self.confusion[index, index])
            true, answered = int(self.confusion[index].sum()), int(self.confusion[:, index].sum())
            rows[label] = {
                "recall": _share(right, true),
                "precision": _share(right, answered),
                "f1": _share(2 * right, true + answered) if true else None,
                "n": true,
            }
        return rows

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values, rounded to four places."""
        return {
            "n": self.n,
            "accuracy": rounded(self.accuracy),
            "balanced_accuracy": rounded(self.balanced_accuracy),
            "expected_calibration_error": rounded(self.calibration_error),
            "per_class": {
                label: {name: rounded(figure) for name, figure in row.items()}
                for label, row in self.per_class().items()
            },
            "confusion_matrix": {"labels": list(self.labels), "rows_true": self.confusion.tolist()},
        }


def quality(ground_truth: NDArray[np.int64], probabilities: NDArray[np.float32], labels: tuple[str, ...]) -> Quality:
    """Figures of a classifier whose answer is its most probable label.

    Args:
        ground_truth: True labels (n,), as indexes into `labels`.
        probabilities: Array (n, labels).
        labels: Their names.
    """
    return quality_of_answers(ground_truth, probabilities.argmax(axis=1), probabilities.max(axis=1, initial=0), labels)


def quality_of_answers(
    ground_truth: NDArray[np.int64],
    answers: NDArray[np.int64],
    confidence: NDArray[np.float32] | None,
    labels: tuple[str, ...],
) -> Quality:
    """Figures of answers that may be others than the most probable label.

    Args:
        ground_truth: True labels (n,), as indexes into `labels`.
        answers: Answered labels (n,), likewise.
        confidence: The probability (n,) of each answer, or None where there is none.
        labels: Their names.
    """
    confusion = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(confusion, (ground_truth, answers), 1)
    error = nan if confidence is None else expected_calibration_error(confidence, answers == ground_truth)
    return Quality(labels, confusion, error)


def expected_calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017, arXiv:1706.04599, eq. 3).

    Args:
        confidence: The probability (n,) of each answer, 0..1.
        right: Whether each answer (n,) is right.
        bins: Number of bins.

    Returns:
        The error, 0..1; 0 where n is 0.
    """
    if not len(confidence):
        return 0.0
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def rank_correlation(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float | None:
    """Spearman's rank correlation (Spearman 1904, doi:10.2307/1412159); equal figures share their mean rank.

    Args:
        one: Figures (n,).
        other: Other figures (n,) of the same n things.

    Returns:
        The correlation, -1..1; None where either does not vary.
    """
    first, second = _mean_ranks(one), _mean_ranks(other)
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def area_under_curve(positive: NDArray[np.bool_], score: NDArray[np.floating[Any]]) -> float | None:
    """Area under the receiver operating characteristic (Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747).

    It is the share of pairs of a positive and a negative sample in which the positive one has the higher score; equal
    scores count half.

    Args:
        positive: Whether each of n samples is positive, (n,).
        score: Their scores, (n,).

    Returns:
        The area, 0..1; None where all samples are of one kind.
    """
    positives = int(positive.sum())
    pairs = positives * (len(positive) - positives)
    if not pairs:
        return None
    return float((_mean_ranks(score)[positive].sum() - positives * (positives + 1) / 2) / pairs)


def _mean_ranks(figures: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    _, place, count = np.unique(figures, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place], np.float64)


def wilson_interval(right: int, n: int) -> tuple[float, float] | None:
    """The 95 % score interval of the share `right` / `n` (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Returns:
        Its ends, 0..1; None where n is 0.
    """
    if not n:
        return None
    z, share = 1.959964, right / n
    middle = share + z**2 / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - reach) / (1 + z**2 / n), (middle + reach) / (1 + z**2 / n)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
