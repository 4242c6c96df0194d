"""Float and INT8 compared, on cases counted by hand."""

import numpy as np
import pytest

from converter.proof.comparison import Comparison
from edge.core.labels import LEVELS
from edge.vision.card import Score
from models.datasets.faces import Faces


def faces(ground_truth: list[int], labels: tuple[str, ...], scores: list[float] | None = None) -> Faces:
    n = len(ground_truth)
    return Faces(
        crops=np.zeros((n, 48, 48), np.uint8),
        targets=np.eye(len(labels), dtype=np.float32)[ground_truth],
        ground_truth=np.array(ground_truth),
        labels=labels,
        scores=None if scores is None else np.array(scores, np.float32),
    )


def test_what_int8_loses_is_counted() -> None:
    by_float = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], np.float32)
    by_int8 = np.array([[0.9, 0.1], [0.45, 0.55], [0.3, 0.7], [0.4, 0.6]], np.float32)
    compared = Comparison(faces([0, 0, 1, 0], ("cat", "dog")), by_float, by_int8)
    figures = compared.as_json()
    assert (figures["float_accuracy"], figures["int8"]["accuracy"], figures["accuracy_drop"]) == (0.75, 0.5, 0.25)
    assert figures["recall_drop"] == {"cat": round(1 / 3, 4), "dog": 0.0}
    assert figures["top1_agreement"] == 0.75
    assert figures["largest_probability_gap"] == pytest.approx(0.35)


def test_the_score_is_compared_by_rank_and_by_the_level_that_follows() -> None:
    slopes = dict.fromkeys(("reserved_inner", "reserved_outer", "expressive_inner", "expressive_outer"), 2.0)
    score = Score.model_validate({"margins": (-1.0, 1.0), "scores": (-1.0, 1.0), "slopes": slopes})
    reserved, balanced, expressive = ([0.9, 0.1, 0.0], [0.3, 0.4, 0.3], [0.0, 0.1, 0.9])
    by_int8 = np.array([reserved, balanced, expressive, expressive], np.float32)
    by_float = np.array([expressive, balanced, reserved, reserved], np.float32)
    labels = tuple(level.value for level in LEVELS)
    figures = Comparison(faces([0, 1, 2, 1], labels, [-1, 0, 1, 0.1]), by_float, by_int8).score_as_json(score)
    assert figures["rank_correlation"] == pytest.approx(0.9487, abs=1e-4)
    assert figures["float_rank_correlation"] == pytest.approx(-0.9487, abs=1e-4)
    assert figures["level"]["accuracy"] == 0.75
    assert figures["level"]["float_accuracy"] == 0.25
    assert figures["level"]["per_class"]["balanced"]["recall"] == 0.5
