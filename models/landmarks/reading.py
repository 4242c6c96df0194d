"""Reading of landmark features, in worker processes: of face crops, and of whole pictures with the body's pose."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.config import Config
from edge.core.face.detection import largest
from edge.core.face.landmarks import ALL_FEATURES, FEATURES, landmark_features, pose_features
from edge.sources.pixels import decode
from edge.vision.body import detector, pose
from edge.vision.body.pose import BodyPose
from edge.vision.detection.choose import face_detector
from edge.vision.mediapipe_network import network_hash
from edge.vision.mesh import network
from edge.vision.mesh.crop import mesh_of_crop
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork

Sample = NDArray[np.uint8] | Path  # a grey crop (side, side), a picture (height, width, 3), or a picture's file
_reader: "LandmarkReader | None" = None  # of a worker process
_RUN = Config()


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Landmark features of n samples.

    Attributes:
        rows: (n, 1536), as of `edge.core.face.landmarks`; NaN where there is no mesh or no pose.
        has_mesh: (n,); where there is none there is no pose either.
        has_pose: (n,).
    """

    rows: NDArray[np.float16]
    has_mesh: NDArray[np.bool_]
    has_pose: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence["Features"]) -> "Features":
        """Those of several parts, one after another."""
        none = cls(np.zeros((0, ALL_FEATURES), np.float16), np.zeros(0, np.bool_), np.zeros(0, np.bool_))
        each = [none, *parts]
        rows, has_mesh, has_pose = (
            np.concatenate([getattr(part, name) for part in each]) for name in ("rows", "has_mesh", "has_pose")
        )
        return cls(rows, has_mesh, has_pose)


class LandmarkReader:
    """Reads one sample after another; a crop shows no body, and the networks for pictures are loaded with the first.

    Args:
        with_pose: Whether the pose is read in whole pictures.
    """

    def __init__(self, with_pose: bool) -> None:
        self._with_pose = with_pose
        self._mesh, self._body = MeshNetwork(), None  # type: tuple[MeshNetwork, BodyPose | None]
        self._stack = ExitStack()
        self._find_faces = self._stack.enter_context(face_detector(_RUN.detector, _RUN.face_confidence))

    def __call__(self, samples: Sequence[Sample]) -> Features:
        """Read samples.

        Raises:
            BadModel: The pose is wanted in a picture, and its networks are missing.
        """
        rows = np.full((len(samples), ALL_FEATURES), np.nan, np.float16)
        has = np.zeros((2, len(samples)), np.bool_)
        for place, sample in enumerate(samples):
            pixels = decode(sample.name, sample.read_bytes()) if isinstance(sample, Path) else sample
            if pixels is not None:
                has[:, place] = self._read(pixels, rows[place])
        return Features(rows, *has)

    def _read(self, pixels: NDArray[np.uint8], row: NDArray[np.float16]) -> tuple[bool, bool]:
        """Write the features of one sample; whether it has a mesh, and a pose."""
        crop = pixels.ndim == 2
        points = mesh_of_crop(self._mesh, pixels) if crop else self._points(pixels)
        if points is None:
            return False, False
        row[:FEATURES] = landmark_features(points)
        body = None if crop or not self._with_pose else self._pose(pixels)
        if body is None:
            return True, False
        row[FEATURES:] = pose_features(body, points)
        return True, True

    def _points(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        face = largest(self._find_faces(rgb))
        mesh = None if face is None else FaceMesh(self._mesh)(rgb, face)
        return None if mesh is None else mesh.points

    def _pose(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        self._body = self._body or BodyPose()
        return self._body(rgb)


def start(with_pose: bool) -> None:
    """Load the networks of a worker process."""
    global _reader
    _reader = LandmarkReader(with_pose)


def read(samples: Sequence[Sample]) -> Features:
    """Read samples in a worker process."""
    assert _reader is not None
    return _reader(samples)


def networks(with_pose: bool) -> dict[str, str]:
    """The SHA-256 of each network that is used, by name."""
    names = (network.NAME, *((detector.NAME, pose.NAME) if with_pose else ()))
    return {name: network_hash(name) for name in names}
