"""A reading as people see it."""

from dataclasses import replace

import pytest

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW
from edge.display.labels import gauge
from tests.fakes import reading


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (-9.0, "0/100 [*--|---|---]"),
        (RESERVED_BELOW - 1e-6, "33/100 [--*|---|---]"),
        (RESERVED_BELOW + 1e-6, "33/100 [---|*--|---]"),
        (0.0, "50/100 [---|-*-|---]"),
        (EXPRESSIVE_ABOVE - 1e-6, "67/100 [---|--*|---]"),
        (EXPRESSIVE_ABOVE + 1e-6, "67/100 [---|---|*--]"),
        (0.7, "85/100 [---|---|-*-]"),
        (9.0, "100/100 [---|---|--*]"),
    ],
)
def test_a_score_has_its_place_in_three_zones(score: float, shown: str) -> None:
    assert gauge(replace(reading(), score=score)) == shown
