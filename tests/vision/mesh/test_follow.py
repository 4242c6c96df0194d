"""A face's mesh is read in the region of the last one, while that lies on the face that was detected."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.run.assemble import Models
from edge.sources.recorded.demo import picture
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork
from edge.vision.mesh.region import region_of_detection, region_of_mesh
from edge.vision.region import Region
from tests.fakes import PICTURE, face
from tests.vision.mesh.rendering import canonical_mesh


class ScriptedNetwork(MeshNetwork):
    """Answers with a face in the middle of the region, as surely as the script says."""

    def __init__(self, presences: list[float]) -> None:
        self._presences: Iterator[float] = iter(presences)
        self.regions: list[Region] = []

    def __call__(self, rgb: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float32], float]:
        self.regions.append(region)
        points = canonical_mesh()[0] * (1, -1, -1) * 6 + (region.centre_x + 5, region.centre_y, 0)
        return points.astype(np.float32), next(self._presences)


def test_the_first_region_is_the_detections_and_the_next_the_meshs() -> None:
    network = ScriptedNetwork([0.9, 0.9])
    follow = FaceMesh(network)
    first = follow(PICTURE, face(100))
    assert first is not None
    follow(PICTURE, face(102))
    assert network.regions == [region_of_detection(face(100)), region_of_mesh(first.points)]


def test_another_face_is_begun_with_its_detection() -> None:
    network = ScriptedNetwork([0.9, 0.9])
    follow = FaceMesh(network)
    follow(PICTURE, face(100))
    follow(PICTURE, face(400))
    assert network.regions[1] == region_of_detection(face(400))


def test_a_face_that_was_lost_is_begun_with_its_detection() -> None:
    network = ScriptedNetwork([0.9, 0.5, 0.9])
    follow = FaceMesh(network)
    found = [follow(PICTURE, face(100)) is not None for _ in range(3)]
    assert found == [True, False, True]
    assert network.regions[2] == region_of_detection(face(100))


def test_the_demos_face_has_a_mesh_in_its_box(models: Models, network: MeshNetwork) -> None:
    rgb = picture(30)
    (detected,) = models.find_faces(rgb)
    mesh = FaceMesh(network)(rgb, detected)
    assert mesh is not None
    assert mesh.points.shape == (468, 3)
    assert mesh.presence > 0.9
    points = detected.keypoints
    for index, (x, y) in {1: points.nose_tip, 13: points.mouth_centre, 159: points.right_eye}.items():
        assert mesh.points[index, :2] == pytest.approx((x, y), abs=0.1 * detected.box.width)


def test_a_wall_has_none(network: MeshNetwork) -> None:
    assert FaceMesh(network)(picture(350), face(270)) is None


def test_a_box_without_extent_has_none(network: MeshNetwork) -> None:
    assert FaceMesh(network)(picture(30), face(270, side=0)) is None
