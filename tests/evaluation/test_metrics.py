import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from edge.evaluation.metrics import (
    area_under_curve,
    expected_calibration_error,
    quality,
    quality_of_answers,
    rank_correlation,
    wilson_interval,
)

LABELS = ("cat", "dog", "owl")


def answered(ground_truth, answers, confidence=None):
    given = np.ones(len(ground_truth)) if confidence is None else confidence
    return quality_of_answers(np.array(ground_truth, int), np.array(answers, int), np.array(given, np.float32), LABELS)


def test_a_case_counted_by_hand():
    # true cat: 2 cat, 1 dog, 1 owl; true dog: 1 cat, 2 dog; true owl: 1 owl
    found = answered([0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 1, 2, 0, 1, 1, 2])
    assert found.n == 8
    assert found.confusion.tolist() == [[2, 1, 1], [1, 2, 0], [0, 0, 1]]
    assert found.accuracy == 5 / 8
    assert found.balanced_accuracy == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
    rows = found.per_class()
    assert rows["cat"] == pytest.approx({"recall": 1 / 2, "precision": 2 / 3, "f1": 4 / 7, "n": 4})
    assert rows["dog"] == pytest.approx({"recall": 2 / 3, "precision": 2 / 3, "f1": 2 / 3, "n": 3})
    assert rows["owl"] == pytest.approx({"recall": 1, "precision": 1 / 2, "f1": 2 / 3, "n": 1})


def test_a_class_without_pictures_counts_for_nothing():
    found = answered([0, 0, 1], [0, 2, 1])
    assert found.balanced_accuracy == pytest.approx((1 / 2 + 1) / 2)
    assert found.per_class()["owl"] == {"recall": None, "precision": 0.0, "f1": None, "n": 0}


def test_a_class_never_answered_has_no_precision():
    row = answered([0, 1], [0, 0]).per_class()["dog"]
    assert row == {"recall": 0.0, "precision": None, "f1": 0.0, "n": 1}


def test_nothing_answered_is_no_division_by_zero():
    found = answered([], []).as_json()
    assert (found["n"], found["accuracy"], found["balanced_accuracy"]) == (0, None, None)
    assert found["expected_calibration_error"] == 0


def test_the_largest_probability_is_the_answer():
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], np.float32)
    assert quality(np.array([0, 1]), shares, LABELS).confusion.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_no_probabilities_at_all_are_a_case_too():
    assert quality(np.array([], np.int64), np.empty((0, 3), np.float32), LABELS).n == 0


def test_calibration_counted_by_hand():
    # 0.95 twice, one of them right: a gap of 0.45, weighing 2/4. 0.55 twice, both right: 0.45 too.
    confidence = np.array([0.95, 0.95, 0.55, 0.55], np.float32)
    right = np.array([True, False, True, True])
    assert expected_calibration_error(confidence, right, bins=10) == pytest.approx(0.45)


def test_gaps_of_different_sign_in_one_bin_cancel_and_across_bins_do_not():
    confidence = np.array([0.5, 0.5, 0.9, 0.9], np.float32)
    assert expected_calibration_error(confidence[:2], np.array([True, False])) == pytest.approx(0)
    assert expected_calibration_error(confidence, np.array([True, True, False, False])) == pytest.approx(0.7)


def test_full_confidence_lies_in_the_last_bin():
    assert expected_calibration_error(np.ones(4, np.float32), np.array([True, True, True, False])) == pytest.approx(
        0.25
    )


def test_json_is_rounded_and_plain():
    found = answered([0, 0, 0, 1], [0, 1, 1, 1], [0.9, 0.8, 0.7, 0.6]).as_json()
    assert found["per_class"]["cat"]["recall"] == 0.3333
    assert found["confusion_matrix"] == {"labels": list(LABELS), "rows_true": [[1, 2, 0], [0, 1, 0], [0, 0, 0]]}
    assert all(type(count) is int for row in found["confusion_matrix"]["rows_true"] for count in row)


@pytest.mark.parametrize("seed", range(5))
def test_scikit_learn_says_the_same(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    ground_truth, answers = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    found = answered(ground_truth, answers)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(ground_truth, answers))
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(ground_truth, answers))
    assert found.confusion.tolist() == metrics.confusion_matrix(ground_truth, answers).tolist()
    expected = metrics.precision_recall_fscore_support(ground_truth, answers)
    for place, row in enumerate(found.per_class().values()):
        theirs = [figures[place] for figures in expected]
        assert [row["precision"], row["recall"], row["f1"], row["n"]] == pytest.approx(theirs)


def test_the_class_found_least_often_is_named():
    assert answered([0, 0, 1, 1, 2], [0, 0, 1, 0, 2]).lowest_recall == ("dog", 0.5)
    assert answered([0, 0], [0, 1]).lowest_recall == ("cat", 0.5), "a class without pictures has no recall"
    assert answered([], []).lowest_recall is None


def test_rank_correlation_is_spearmans():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    share = rng.integers(0, 11, 400) / 10  # in steps, so that many are equal
    score = share + rng.normal(0, 0.4, 400)
    assert rank_correlation(score, share) == pytest.approx(stats.spearmanr(score, share).statistic)


def test_rank_correlation_sees_the_order_and_nothing_else():
    rising = np.array([1.0, 2.0, 3.0, 4.0])
    assert rank_correlation(rising, np.exp(5 * rising)) == pytest.approx(1)
    assert rank_correlation(rising, -(rising**3.0)) == pytest.approx(-1)
    assert rank_correlation(rising, np.array([1.0, 1.0, 2.0, 2.0])) == pytest.approx(2 / 5**0.5)
    assert rank_correlation(rising, np.ones(4)) is None
    assert rank_correlation(np.array([]), np.array([])) is None


def test_the_wilson_interval_of_a_published_example():
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)
    assert wilson_interval(0, 0) is None


def test_the_area_under_the_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(5):
        positive, score = rng.random(40) < 0.3, np.round(rng.random(40), 1)  # with ties
        assert area_under_curve(positive, score) == pytest.approx(roc_auc_score(positive, score))
    assert area_under_curve(np.ones(3, bool), np.arange(3.0)) is None
