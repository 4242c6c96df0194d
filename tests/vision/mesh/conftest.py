"""The network, loaded once for these tests, and meshes that it reads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.mesh import Mesh
from edge.run.assemble import Models
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork


@pytest.fixture(scope="session")
def network() -> MeshNetwork:
    return MeshNetwork()


class ReadsPictures:
    """The mesh of the largest face of a picture on its own."""

    def __init__(self, models: Models, network: MeshNetwork) -> None:
        self._models, self._network = models, network

    def __call__(self, rgb: NDArray[np.uint8]) -> Mesh:
        mesh = FaceMesh(self._network)(rgb, self._models.find_faces(rgb)[0])
        assert mesh is not None
        return mesh


@pytest.fixture(scope="session")
def mesh_of(models: Models, network: MeshNetwork) -> ReadsPictures:
    return ReadsPictures(models, network)
