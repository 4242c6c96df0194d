"""Temperature and class bias: confidence comes true, seldom classes are found, and the network itself answers so."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from converter.adjustment import Adjustment, fit
from converter.recipe import Recipe
from edge.core.errors import BadModel
from edge.evaluation.metrics import quality
from models.graph.folded import fold
from models.networks import cnn

LABELS = ("cat", "dog", "owl")
PLAIN = Recipe(temperature=False)
BALANCED = Recipe(temperature=False, class_bias=True)


def overconfident(by: float, n: int = 6000, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Answers whose logits are `by` times what the ground_truth was drawn from."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 3))
    ground_truth = np.array([rng.choice(3, p=row) for row in softmax(logits, axis=1)])
    return softmax(logits * by, axis=1).astype(np.float32), ground_truth


@pytest.mark.parametrize("by", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_hidden_is_found(by: float) -> None:
    found = fit(*overconfident(by), Recipe())
    assert found.temperature == pytest.approx(by, rel=0.06)
    assert not found.bias.any()


def test_confidence_comes_true_on_faces_it_was_not_fitted_on() -> None:
    found = fit(*overconfident(2.5), Recipe())
    answers, ground_truth = overconfident(2.5, seed=1)
    before, after = (quality(ground_truth, given, LABELS) for given in (answers, found.of_probabilities(answers)))
    assert before.calibration_error > 0.1
    assert after.calibration_error < 0.02
    assert after.accuracy == before.accuracy


def test_without_it_answers_stay_as_they_are() -> None:
    answers, ground_truth = overconfident(2.5)
    found = fit(answers, ground_truth, PLAIN)
    assert found.temperature == 1
    assert found.of_probabilities(answers) == pytest.approx(answers, abs=1e-6)


def seldom() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Answers that are right about owls being rare, so that most of them are taken for something else."""
    rng = np.random.default_rng(2)
    answers = softmax(rng.normal(0, 2, (4000, 3)) - np.array([0, 0, 2.0]), axis=1)
    return answers.astype(np.float32), np.array([rng.choice(3, p=row) for row in answers])


def recalls(answers: NDArray[np.float32], ground_truth: NDArray[np.int64]) -> list[float]:
    return [row["recall"] for row in quality(ground_truth, answers, LABELS).per_class().values()]


def test_with_a_class_bias_rare_classes_are_found_as_often_as_others() -> None:
    answers, ground_truth = seldom()
    assert recalls(answers, ground_truth)[2] < 0.55
    found = fit(answers, ground_truth, BALANCED)
    lifted = recalls(found.of_probabilities(answers), ground_truth)
    assert max(lifted) - min(lifted) < 0.05
    assert np.mean(lifted) > np.mean(recalls(answers, ground_truth))


def test_no_other_bias_makes_the_classes_likelier() -> None:
    answers, ground_truth = seldom()
    found = fit(answers, ground_truth, BALANCED)

    def loss(bias: NDArray[np.float32]) -> float:
        likelihood = np.log(Adjustment(1.0, bias).of_probabilities(answers))[np.arange(len(answers)), ground_truth]
        return -float(np.mean([likelihood[ground_truth == label].mean() for label in range(3)]))

    for label in range(3):
        for step in (-0.1, 0.1):
            moved = found.bias.copy()
            moved[label] += step
            assert loss(moved) > loss(found.bias)


def test_a_class_without_faces_is_not_moved() -> None:
    answers, ground_truth = seldom()
    here = ground_truth < 2
    assert fit(answers[here], ground_truth[here], BALANCED).bias[2] == 0


@pytest.mark.parametrize("folded", [False, True])
def test_the_network_answers_as_the_adjustment_says(folded: bool) -> None:
    keras.utils.set_random_seed(1)
    network = fold(cnn.build()) if folded else cnn.build()
    last = network.get_layer("levels")
    last.set_weights([last.get_weights()[0], np.array([0.5, -0.5, 0.1], np.float32)])
    faces = np.random.default_rng(0).uniform(0, 1, (20, 48, 48, 1)).astype(np.float32)
    before = network.predict(faces, verbose=0)
    adjusted = Adjustment(0.3, np.array([0.4, 0, -0.2], np.float32))
    after = adjusted.of_model(network).predict(faces, verbose=0)
    assert np.array_equal(network.predict(faces, verbose=0), before), "the network itself stays as it was"
    assert after == pytest.approx(adjusted.of_probabilities(before), abs=1e-5)
    assert np.abs(after - before).max() > 0.05


def test_a_network_that_ends_otherwise_is_refused() -> None:
    face = keras.Input((48, 48, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3)(face))
    network = keras.Model(face, keras.layers.Softmax()(pooled), name="emotion")
    with pytest.raises(BadModel, match="does not end in a dense layer"):
        Adjustment(2.0, np.zeros(3, np.float32)).of_model(network)
