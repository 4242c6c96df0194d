"""Sums of insights as figures, for short times and at their ends."""

import pytest

from edge.core.face.mesh import HeadPose
from edge.core.insights.insights import PITCH_DEG, YAW_DEG, faces_camera
from edge.core.insights.sums import Sums
from edge.core.labels import SCORE_SD


def test_figures_that_are_absent_add_nothing() -> None:
    assert Sums.of({}, 10.0) == Sums(readable_s=10.0)


def test_without_a_reading_there_is_nothing_of_the_score() -> None:
    assert Sums(mesh_s=4.0, attentive_s=1.0).figures(0.0) == {
        "mesh_s": 4.0,
        "attention_share": 0.25,
        "smiles": 0.0,
        "smiles_per_minute": 0.0,
        "smiling_share": 0.0,
    }


def test_half_a_second_has_all_figures() -> None:
    short = Sums(readable_s=0.5, mesh_s=0.5, attentive_s=0.5, reactions=1, blink_s=0.5, blinks=1, smiles=1)
    figures = short.figures(SCORE_SD / 4)
    assert figures["reactions_per_minute"] == figures["blinks_per_minute"] == figures["smiles_per_minute"] == 120
    assert figures["attention_share"] == 1.0
    assert figures["engagement"] == pytest.approx(0.5)


def test_a_share_is_never_above_one() -> None:
    rounded_up = Sums(readable_s=10.0, mesh_s=10.0, attentive_s=10.000001, smiling_s=10.000001)
    figures = rounded_up.figures(3 * SCORE_SD)
    assert (figures["attention_share"], figures["smiling_share"], figures["engagement"]) == (1.0, 1.0, 1.0)
    assert figures["expressive_variability"] == pytest.approx(3)


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "faces"),
    [
        (YAW_DEG, -PITCH_DEG, True),
        (-YAW_DEG, PITCH_DEG, True),
        (YAW_DEG + 0.1, 0.0, False),
        (0.0, -PITCH_DEG - 0.1, False),
    ],
)
def test_a_head_faces_the_camera_up_to_the_limits(yaw_deg: float, pitch_deg: float, faces: bool) -> None:
    assert faces_camera(HeadPose(yaw_deg, pitch_deg, 0.0)) is faces
