import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.labels import (
    EXPRESSIVE_ABOVE,
    LEVELS,
    RESERVED_BELOW,
    SCORE_MEAN,
    SCORE_SD,
    Level,
    level_of,
    percentile_of,
)


def test_names_people_read():
    assert [level.display_name for level in LEVELS] == ["Reserved Expression", "Balanced Expression", "Expressive"]


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (math.nextafter(RESERVED_BELOW, -1), Level.RESERVED),
        (RESERVED_BELOW, Level.BALANCED),
        (0.0, Level.BALANCED),
        (EXPRESSIVE_ABOVE, Level.BALANCED),
        (math.nextafter(EXPRESSIVE_ABOVE, 1), Level.EXPRESSIVE),
    ],
)
def test_thresholds_belong_to_balanced(score, level):
    assert level_of(score) is level


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_a_higher_score_is_never_a_lower_level(one, other):
    low, high = sorted((one, other))
    assert LEVELS.index(level_of(low)) <= LEVELS.index(level_of(high))


@pytest.mark.parametrize(
    ("score", "percentile"),
    [
        (RESERVED_BELOW, 100 / 3),
        (SCORE_MEAN, 50),
        (EXPRESSIVE_ABOVE, 200 / 3),
        (SCORE_MEAN + SCORE_SD, 84.1344746),  # of a normal distribution
        (-100, 0),
        (100, 100),
    ],
)
def test_a_score_is_a_percentile_of_a_normal_distribution(score: float, percentile: float) -> None:
    assert percentile_of(score) == pytest.approx(percentile)
