"""Landmark features of a mesh whose points are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES, POINTS, POSE_POINTS, landmark_features, pose_features


def mesh(right: tuple[float, ...], left: tuple[float, ...]) -> NDArray[np.float32]:
    """Eyes at two places, each between its corners; every other point lies at (1, 2, 1.5)."""
    points = np.tile(np.array([1, 2, 1.5], np.float32), (POINTS, 1))
    for (outer, inner), eye in (((33, 133), right), ((263, 362), left)):
        points[[outer, inner]] = np.add(eye, [(-1, -2, -3), (1, 2, 3)])
    return points


def test_points_are_rotated_around_the_middle_between_the_eyes_in_their_distance() -> None:
    features = landmark_features(mesh((0, 0, 0), (0, 4, 3)))  # the face lies on its side, 5 between the eyes
    assert features.shape == (FEATURES,)
    assert features.dtype == np.float32
    assert features[:3] == pytest.approx([0, -0.2, 0])
    places = features.reshape(POINTS, 3)
    assert places[[33, 133]].mean(axis=0) == pytest.approx([-0.4, 0, -0.3])
    assert places[[263, 362]].mean(axis=0) == pytest.approx([0.4, 0, 0.3])


def test_an_upright_face_is_not_rotated() -> None:
    features = landmark_features(mesh((-4, 0, 0), (4, 0, 0)))
    assert features[:3] == pytest.approx([1 / 8, 2 / 8, 1.5 / 8])


def test_points_that_coincide_give_nothing() -> None:
    assert not landmark_features(np.full((POINTS, 3), 7, np.float32)).any()


def test_eyes_one_behind_the_other_give_numbers() -> None:
    assert np.isfinite(landmark_features(mesh((0, 0, 0), (0, 0, 5)))).all()


def test_the_pose_is_moved_rotated_and_divided_as_its_mesh_is() -> None:
    lying = mesh((0, 0, 0), (0, 4, 3))  # the face lies on its side, 5 between the eyes
    pose = np.tile(np.array([1, 2, 10, 0.9], np.float32), (POSE_POINTS, 1))
    features = pose_features(pose, lying).reshape(POSE_POINTS, 4)
    assert features[:, :2] == pytest.approx(np.tile(landmark_features(lying)[:2], (POSE_POINTS, 1)))
    assert features[0, 2:] == pytest.approx([2, 0.9]), "z is that of the hips, and visibility stays"
    assert (pose[0] == np.array([1, 2, 10, 0.9], np.float32)).all(), "what was given is as it was"
