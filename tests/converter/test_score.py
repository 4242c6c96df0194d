"""The scale of a score: its tertiles, its ends, and probabilities that agree with the level."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax
from typer.testing import CliRunner

from converter.cli import app
from converter.score import fitted_score, normal_scores, scores_of
from edge.core.labels import EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW, level_of, percentile_of
from edge.evaluation.metrics import expected_calibration_error
from edge.vision.card import Score


def answered(n: int, seed: int, spread: float = 2.0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Probabilities of a network that knows three levels about as well as the shipped one, and the levels."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    at = (truth - 1) * spread + rng.normal(0, spread, n)
    logits = np.stack([-at, np.zeros(n), at], axis=1)
    return softmax(logits, axis=1).astype(np.float32), truth


@pytest.fixture(scope="module")
def score() -> Score:
    (train, _), (validation, truth) = answered(4000, 0), answered(2000, 1)
    return fitted_score(train, validation, truth, {})


def test_a_third_of_the_training_faces_has_each_level(score: Score) -> None:
    scores = scores_of(answered(4000, 0)[0], score)
    shares = [np.mean([level_of(one) is level for one in scores]) for level in LEVELS]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.002)
    assert {RESERVED_BELOW, EXPRESSIVE_ABOVE} <= set(score.scores)


def test_scores_are_normal_and_their_percentiles_even(score: Score) -> None:
    percentiles = np.array([percentile_of(one) for one in scores_of(answered(4000, 0)[0], score)])
    for part in (1, 10, 33.33, 50, 66.67, 90, 99):
        assert np.percentile(percentiles, part) == pytest.approx(part, abs=0.6)


def test_a_score_goes_on_beyond_the_training_faces(score: Score) -> None:
    farther = [score.scale.score((10.0**-x, 10.0**-x, 1.0)) for x in range(3, 12)]
    assert np.all(np.diff(farther) > 0.1), "no end where faces differ"
    assert farther[-1] > score.scores[-1]


def test_probabilities_agree_with_the_level_and_can_be_believed(score: Score) -> None:
    shares, truth = answered(4000, 2)
    levels = np.array([score.scale.levels(one) for one in scores_of(shares, score)])
    reported = np.array([list(LEVELS).index(level_of(one)) for one in scores_of(shares, score)])
    assert np.array_equal(levels.argmax(axis=1), reported)
    error = expected_calibration_error(levels.max(axis=1).astype(np.float32), reported == truth)
    assert error < 0.05


@pytest.mark.parametrize("spread", [0.0, 0.001, 1000.0])
def test_a_poor_network_has_a_scale_too(spread: float) -> None:
    (train, _), (validation, truth) = answered(40, 0, spread), answered(20, 1, spread)
    found = fitted_score(train, validation, np.zeros_like(truth), {})
    assert np.all(np.diff(found.margins) > 0)


def test_equal_votes_are_put_in_order_by_the_network() -> None:
    rated, own = np.array([1, 0, 1, 1, 0], np.float32), np.array([0.9, 0.8, 0.1, 0.5, -1.0])
    assert np.argsort(normal_scores(rated, own)).tolist() == [4, 1, 2, 3, 0]


def test_a_shipped_network_gets_the_same_score_again(shipped: Path, tiny: Path, tmp_path: Path) -> None:
    """The command that the card's figures come from, on other faces; what it wrote it reads again."""
    given = shipped / "expressiveness.tflite"
    for out in (tmp_path / "once", tmp_path / "twice"):
        words = (given, "--calibration", tiny, "--out", out, "--card-version", "test")
        result = CliRunner().invoke(app, [*map(str, words)])
        assert result.exit_code == 0, result.output
        given = out / "expressiveness.tflite"
    assert "Level on the test faces: accuracy" in result.output
    before, after = ((tmp_path / name / "expressiveness.tflite").read_bytes() for name in ("once", "twice"))
    assert before == after
    card = json.loads((tmp_path / "twice" / "expressiveness.json").read_text())
    assert (card["version"], card["score"]["made"]["train_faces"]) == ("test", 224)
    assert card["output"]["form"] == "logits"
    refused = CliRunner().invoke(app, [str(shipped / "emotion.tflite"), "--calibration", str(tiny), "--out", "x"])
    assert (refused.exit_code, "has no levels of expressiveness" in refused.stderr) == (78, True)
