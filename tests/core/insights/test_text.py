"""Insights as text: each group of figures, and nothing of what was not measured."""

from edge.core.insights.text import described, in_one_line

FIGURES = {
    "mesh_s": 61.4,
    "attention_share": 0.754,
    "expressive_variability": 0.456,
    "engagement": 0.585,
    "reactions_per_minute": 2.04,
    "reaction_amplitude": 0.876,
    "recovery_s": 1.26,
    "blinks_per_minute": 12.4,
    "smiles_per_minute": 1.54,
    "smiling_share": 0.127,
}


def test_every_group_has_its_text() -> None:
    assert described(FIGURES) == {
        "Facing the camera": "75% of 61 s",
        "Engagement index": "0.58 of 1",
        "Expressive variability": "0.46",
        "Reactions": "2.0 a minute, amplitude +0.88, at rest again 1.3 s after the peak",
        "Blinks": "12 a minute",
        "Smiles": "1.5 a minute, 13% of the time",
    }


def test_what_was_not_measured_is_left_out() -> None:
    assert described({"mesh_s": 0.0}) == {}
    assert described({"mesh_s": 0.0, "reactions_per_minute": 0.0}) == {"Reactions": "0.0 a minute"}


def test_one_line_has_all_of_it() -> None:
    few = {"mesh_s": 3.0, "expressive_variability": 0.5, "blinks_per_minute": 0.0}
    assert in_one_line(few) == "expressive variability 0.50; blinks 0 a minute"
