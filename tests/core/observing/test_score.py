"""The scale of a score, by hand: its knots, its probabilities, and both ends."""

from math import exp, log

import pytest

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW
from edge.core.observing.score import ScoreScale, Slopes, level_logits, margin_odds

SLOPES = Slopes(reserved_inner=1.0, reserved_outer=2.0, expressive_inner=3.0, expressive_outer=4.0)
SCALE = ScoreScale((-1.0, 0.0, 2.0), (-2.0, 0.0, 1.0), SLOPES)


def of_margin(margin: float) -> tuple[float, float, float]:
    """Probabilities with this margin."""
    expressive = exp(margin) / (1 + exp(margin))
    return 1 - expressive, 0.0, expressive


@pytest.mark.parametrize(
    ("margin", "score"), [(-2.0, -4.0), (-1.0, -2.0), (-0.5, -1.0), (0.0, 0.0), (1.0, 0.5), (2.0, 1.0), (4.0, 2.0)]
)
def test_a_score_lies_on_straight_lines_between_the_knots_and_beyond(margin: float, score: float) -> None:
    assert SCALE.score(of_margin(margin)) == pytest.approx(score)


def test_balanced_is_shared_between_both_sides() -> None:
    assert margin_odds(0.2, 0.5, 0.3) == pytest.approx((0.6 + 0.5) / (0.4 + 0.5))
    assert SCALE.score((0.0, 1.0, 0.0)) == pytest.approx(0.0)


def test_a_probability_of_nothing_has_odds() -> None:
    assert margin_odds(1.0, 0.0, 0.0) == pytest.approx(5e-13)
    assert margin_odds(0.0, 0.0, 1.0) == pytest.approx(2e12)
    assert SCALE.score((1.0, 0.0, 0.0)) == pytest.approx(2 * log(5e-13))


@pytest.mark.parametrize(
    ("score", "reserved", "expressive"),
    [
        (RESERVED_BELOW - 1.0, 2.0, 3 * (RESERVED_BELOW - 1.0 - EXPRESSIVE_ABOVE)),
        (RESERVED_BELOW + 0.1, -0.1, 3 * (RESERVED_BELOW + 0.1 - EXPRESSIVE_ABOVE)),
        (EXPRESSIVE_ABOVE - 0.1, RESERVED_BELOW - EXPRESSIVE_ABOVE + 0.1, -0.3),
        (EXPRESSIVE_ABOVE + 1.0, RESERVED_BELOW - EXPRESSIVE_ABOVE - 1.0, 4.0),
    ],
)
def test_a_probability_follows_its_slopes(score: float, reserved: float, expressive: float) -> None:
    assert level_logits(score, SLOPES) == pytest.approx((reserved, expressive))
    total = exp(reserved) + 1 + exp(expressive)
    assert SCALE.levels(score) == pytest.approx((exp(reserved) / total, 1 / total, exp(expressive) / total))


@pytest.mark.parametrize(("score", "levels"), [(-1e4, (1, 0, 0)), (1e4, (0, 0, 1))])
def test_a_score_far_outside_has_probabilities(score: float, levels: tuple[float, ...]) -> None:
    assert SCALE.levels(score) == levels
