"""Two heads as one answer: the weight goes to the head that knows more, and figures are of the right faces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound
from models.training.both import Both, GroundTruth, accuracies, fit

RNG = np.random.default_rng(0)
SHOWN = RNG.integers(0, 7, 400)


def votes_for(emotion: NDArray[np.int64]) -> NDArray[np.float32]:
    return (10 * np.eye(10)[emotion]).astype(np.float32)


def logits(shown: NDArray[np.int64], strength: float, width: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(width).normal(size=(len(shown), width))
    return (noise + strength * np.eye(width)[shown]).astype(np.float32)


@pytest.mark.parametrize(("first", "second", "low", "high"), [(4, 0, 0.8, 1), (0, 4, 0, 0.2), (2, 2, 0.3, 0.7)])
def test_the_head_that_knows_more_counts_more(first: float, second: float, low: float, high: float) -> None:
    found = fit(logits(SHOWN, first, 7), logits(SHOWN, second, 8), GroundTruth(SHOWN, votes_for(SHOWN)))
    assert low <= found.weight <= high


def test_the_temperature_makes_too_sure_an_answer_less_sure() -> None:
    ground_truth = GroundTruth(SHOWN, votes_for(SHOWN))
    mild = fit(4 * logits(SHOWN, 2, 7), 4 * logits(SHOWN, 2, 8), ground_truth)
    sure = fit(8 * logits(SHOWN, 2, 7), 8 * logits(SHOWN, 2, 8), ground_truth)
    assert sure.temperature == pytest.approx(2 * mild.temperature, rel=0.02)


def test_figures() -> None:
    shown, voted = np.array([0, 1, 2, 3]), np.array([0, 1, 6, 8])  # most people voted `unknown` for the last
    right, wrong = np.eye(7, dtype=np.float32)[[0, 1, 2, 4]], np.eye(8, dtype=np.float32)[[0, 2, 6, 0]]
    joined = Both(1.0).logits(right, wrong)
    assert np.array_equal(joined, right)
    found = accuracies(right, wrong, joined, GroundTruth(shown, votes_for(voted)))
    assert found == pytest.approx(
        {"label": 3 / 4, "votes": 2 / 3, "joined_label": 3 / 4, "joined_votes": 2 / 3, "joined_balanced": 2 / 3}
    )


def test_faces_that_show_none_of_the_seven_do_not_count() -> None:
    alone = fit(logits(SHOWN, 2, 7), logits(SHOWN, 2, 8), GroundTruth(SHOWN, votes_for(SHOWN)))
    others = np.full(400, 7)
    labels = np.concatenate([logits(SHOWN, 2, 7), 9 * logits(SHOWN, 2, 7)])
    votes = np.concatenate([logits(SHOWN, 2, 8), logits(others, 2, 8)])
    ground_truth = GroundTruth(np.concatenate([SHOWN, SHOWN]), votes_for(np.concatenate([SHOWN, others])))
    assert fit(labels, votes, ground_truth) == alone


def test_a_rare_emotion_counts_as_much_as_a_frequent_one() -> None:
    """The first head knows six emotions of ten faces each, the second alone the one that most faces show."""
    shown = np.concatenate([np.repeat(np.arange(6), 10), np.full(600, 6)])
    first, second = logits(shown, 4, 7), logits(shown, 0, 8)
    first[shown == 6], second[shown == 6] = logits(shown, 0, 7)[shown == 6], logits(shown, 4, 8)[shown == 6]
    assert fit(first, second, GroundTruth(shown, votes_for(shown))).weight > 0.5


def test_data_without_a_majority_are_refused() -> None:
    with pytest.raises(SourceNotFound, match="No validation face has votes"):
        fit(logits(SHOWN, 3, 7), logits(SHOWN, 0, 8), GroundTruth(SHOWN, votes_for(np.full(400, 7))))
