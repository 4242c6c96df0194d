"""Eyes, mouth and smile are measured on the points of a mesh, whatever the size and pose of the head."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.mesh import HeadPose
from edge.sources.recorded.demo import picture
from edge.vision.mesh.figures import INNER_LIPS, LEFT_EYE, RIGHT_EYE, opening, smile
from tests.vision.mesh.conftest import ReadsPictures
from tests.vision.mesh.rendering import canonical_mesh, rotation

NEUTRAL, BLINK, SMILE, SURPRISE = 30, 56, 160, 250  # frames of the demo


def mesh() -> NDArray[np.float32]:
    """The canonical face, as a mesh of a frame: y down, z away from the camera."""
    return np.asarray(canonical_mesh()[0] * (1, -1, -1) * 20, np.float32)


def figures(points: NDArray[np.float32]) -> list[float]:
    return [opening(points, RIGHT_EYE), opening(points, LEFT_EYE), opening(points, INNER_LIPS), smile(points)]


def test_an_eye_is_as_open_as_it_is_high_over_its_width() -> None:
    points = np.zeros((468, 3), np.float32)
    points[[33, 160, 158, 133, 153, 144]] = [(0, 0, 0), (1, 1, 0), (3, 1, 0), (4, 0, 0), (3, -1, 0), (1, 0, 0)]
    assert opening(points, RIGHT_EYE) == pytest.approx((2 + 1) / 2 / 4)  # two heights, one width


def test_size_place_and_pose_of_the_head_change_nothing() -> None:
    points = mesh()
    turned = (points @ rotation(HeadPose(30, -20, 40)).T * 3 + (200, 100, 7)).astype(np.float32)
    assert figures(turned) == pytest.approx(figures(points), rel=1e-3)


def test_both_eyes_are_measured_alike() -> None:
    right, left, _, _ = figures(mesh())
    assert right == pytest.approx(left, rel=1e-3)


def test_corners_drawn_apart_or_up_are_a_smile() -> None:
    apart, up = mesh(), mesh()
    apart[61, 0] -= 10
    apart[291, 0] += 10
    up[[61, 291], 1] -= 10
    for smiling in (apart, up):
        assert smile(smiling) > smile(mesh()) + 0.05


def test_points_that_coincide_give_numbers() -> None:
    assert np.isfinite(figures(np.zeros((468, 3), np.float32))).all()


def test_the_demos_expressions_show_in_the_figures(mesh_of: ReadsPictures) -> None:
    neutral, blink, smiling, surprised = (mesh_of(picture(index)) for index in (NEUTRAL, BLINK, SMILE, SURPRISE))
    assert blink.right_eye_opening < 0.7 * neutral.right_eye_opening
    assert blink.left_eye_opening < 0.7 * neutral.left_eye_opening
    assert surprised.mouth_opening > neutral.mouth_opening + 0.2
    assert smiling.smile > neutral.smile + 0.05
