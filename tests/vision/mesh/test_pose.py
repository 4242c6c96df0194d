"""The pose of a head is that in which its face was drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.core.face.mesh import HeadPose
from edge.sources.recorded.demo import picture
from edge.vision.mesh.pose import head_pose, usual_focal_px
from tests.vision.mesh.conftest import ReadsPictures
from tests.vision.mesh.rendering import FOCAL_PX, HEIGHT, WIDTH, projected, rendered

ANGLES = st.tuples(st.floats(-75, 75), st.floats(-60, 60), st.floats(-90, 90))
ASIDE = st.tuples(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3))


def angles(pose: HeadPose) -> tuple[float, float, float]:
    return pose.yaw_deg, pose.pitch_deg, pose.roll_deg


def as_mesh(pixels: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.pad(pixels, ((0, 0), (0, 1))).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(
    drawn=ANGLES,
    x=st.floats(-0.4, 0.4),
    y=st.floats(-0.3, 0.3),
    away=st.floats(25, 1500),
    focal_px=st.floats(400, 1500),
)
def test_projected_points_give_back_their_pose(
    drawn: tuple[float, float, float], x: float, y: float, away: float, focal_px: float
) -> None:
    pixels, _ = projected(HeadPose(*drawn), (x * away, y * away, away), focal_px)
    found = head_pose(as_mesh(pixels), WIDTH, HEIGHT, focal_px)
    assert angles(found) == pytest.approx(drawn, abs=0.5)


@pytest.mark.parametrize("away_cm", [40, 100, 400])
def test_inaccurate_points_give_nearly_the_pose(away_cm: float) -> None:
    noise = np.random.default_rng(2)
    for _ in range(50):
        drawn = noise.uniform((-40, -30, -60), (40, 30, 60))
        pixels, _ = projected(HeadPose(*drawn), (0, 0, away_cm))
        pixels += noise.normal(0, 0.02 * np.ptp(pixels[:, 0]), pixels.shape)
        assert angles(head_pose(as_mesh(pixels), WIDTH, HEIGHT, FOCAL_PX)) == pytest.approx(drawn, abs=6)


@pytest.mark.parametrize("focal_px", [350.0, 1000.0])
@pytest.mark.parametrize("x", [-20.0, 0.0, 20.0])
def test_an_unknown_lens_changes_the_angles_little(focal_px: float, x: float) -> None:
    drawn = 25.0, -10.0, 15.0
    pixels, _ = projected(HeadPose(*drawn), (x, 5, 60), focal_px)
    found = head_pose(as_mesh(pixels), WIDTH, HEIGHT)
    assert usual_focal_px(WIDTH, HEIGHT) == pytest.approx(502, abs=1)
    assert angles(found) == pytest.approx(drawn, abs=4)


def test_a_mirrored_face_has_the_opposite_yaw_and_roll() -> None:
    pixels, _ = projected(HeadPose(20, 12, -8), (9, 3, 50))
    other, _ = projected(HeadPose(-20, 12, 8), (-9, 3, 50))
    found, mirrored = (head_pose(as_mesh(each), WIDTH, HEIGHT, FOCAL_PX) for each in (pixels, other))
    assert angles(mirrored) == pytest.approx((-found.yaw_deg, found.pitch_deg, -found.roll_deg), abs=0.5)


@pytest.mark.parametrize(
    ("pose", "aside"),
    [((0, 0, 50), 0), ((30, 0, 0), 30), ((0, -40, 10), 40), ((30, 40, 0), 48.4), ((180, 0, 0), 180)],
)
def test_how_far_a_head_is_aside(pose: tuple[float, float, float], aside: float) -> None:
    assert HeadPose(*pose).aside_deg == pytest.approx(aside, abs=0.1)


@pytest.mark.parametrize(
    "drawn",
    [(0, 0, 0), (-30, 0, 0), (-15, 0, 0), (15, 0, 0), (30, 0, 0), (0, -15, 0), (0, 15, 0), (0, 0, 25), (20, 10, -15)],
    ids=str,
)
def test_a_rendered_face_has_the_pose_that_it_was_rendered_in(
    mesh_of: ReadsPictures, drawn: tuple[float, float, float]
) -> None:
    looks = picture(30)
    looks_at = mesh_of(looks).points[:, :2].astype(np.float64)
    found = mesh_of(rendered(looks, looks_at, *projected(HeadPose(*drawn), (2, -1, 32)))).head
    assert angles(found) == pytest.approx(drawn, abs=4)


def test_a_mirrored_picture_has_the_opposite_yaw(mesh_of: ReadsPictures) -> None:
    looks = picture(30)
    looks_at = mesh_of(looks).points[:, :2].astype(np.float64)
    turned = rendered(looks, looks_at, *projected(HeadPose(25, 0, 10), (0, 0, 32)))
    found, mirrored = mesh_of(turned).head, mesh_of(np.ascontiguousarray(turned[:, ::-1])).head
    assert angles(mirrored) == pytest.approx((-found.yaw_deg, found.pitch_deg, -found.roll_deg), abs=4)
    assert found.yaw_deg > 20
