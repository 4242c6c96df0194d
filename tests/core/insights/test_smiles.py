"""Smiles of streams of figures: where they begin, go on and end."""

import pytest

from edge.core.insights.smiles import BEGINS, ENDS, LOST_S, SHORTEST_S, Smiles


@pytest.mark.parametrize(("smile", "counts"), [(BEGINS, 1), (BEGINS - 0.001, 0)])
def test_one_begins_at_a_limit(smile: float, counts: int) -> None:
    smiles = Smiles()
    assert smiles.update(0.0, smile).smiles == 0
    assert smiles.update(1.0, smile).smiles == counts
    assert smiles.lasting is bool(counts)


@pytest.mark.parametrize(("smile", "lasts"), [(ENDS, True), (ENDS - 0.001, False)])
def test_it_ends_below_a_lower_one(smile: float, lasts: bool) -> None:
    smiles = Smiles()
    for tick_s, seen in ((0.0, 0.6), (0.75, 0.6), (1.0, smile)):
        smiles.update(tick_s, seen)
    assert smiles.lasting is lasts


@pytest.mark.parametrize(("tick_s", "counts"), [(SHORTEST_S - 0.01, 0), (SHORTEST_S, 1)])
def test_it_counts_after_half_a_second_with_that_time(tick_s: float, counts: int) -> None:
    smiles = Smiles()
    smiles.update(0.0, 0.6)
    counted = smiles.update(tick_s, 0.6)
    assert (counted.smiles, counted.smiling_s) == (counts, counts * tick_s)


@pytest.mark.parametrize(("away_s", "lasts"), [(LOST_S, True), (LOST_S + 0.25, False)])
def test_a_mesh_may_be_missing_for_a_second(away_s: float, lasts: bool) -> None:
    smiles = Smiles()
    for tick_s in (0.0, 1.0):
        smiles.update(tick_s, 0.6)
    smiles.update(1.0 + away_s, None)
    assert smiles.lasting is lasts
    assert smiles.update(1.0 + away_s, 0.6).smiles == 0
    assert smiles.update(2.0 + away_s, 0.6).smiles == (not lasts), "after an absence it is another smile"
