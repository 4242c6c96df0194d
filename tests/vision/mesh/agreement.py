"""How far our meshes and those of MediaPipe's package agree: `python -m tests.vision.mesh.agreement`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.sources.recorded.video import VideoFile
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel
from edge.vision.mesh.follow import FaceMesh
from edge.vision.mesh.network import MeshNetwork
from edge.vision.region import Region
from tests.vision.detection.agreement import CLIPS, DATA, Picture, scenes

_GRAPH = "mediapipe/modules/face_landmark/face_landmark_front_cpu.binarypb"
_RIGHT_EYE, _LEFT_EYE = (33, 133), (362, 263)  # their corners


@dataclass
class Agreement:
    """What both answered for the same pictures.

    Attributes:
        pictures: How many there were.
        same_presence: In how many of these both found a mesh, or none.
        apart: For each picture with both meshes how far each point lies from the other's, (468,), in distances between
            the eyes' centres.
    """

    pictures: int = 0
    same_presence: int = 0
    apart: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, ours: NDArray[np.float32] | None, theirs: NDArray[np.float64] | None) -> None:
        """Add the meshes of a picture, (468, 3) each."""
        self.pictures += 1
        self.same_presence += (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            right, left = (theirs[list(corners)].mean(axis=0) for corners in (_RIGHT_EYE, _LEFT_EYE))
            eyes = np.linalg.norm(right - left)
            self.apart.append(np.linalg.norm(ours - theirs, axis=1) / eyes)

    def check(self) -> None:
        """Assert what the mesh promises: that of MediaPipe 0.10.18."""
        assert self.same_presence >= 0.995 * self.pictures
        assert np.median(self.apart) <= 0.02
        assert np.percentile(self.apart, 99) <= 0.05

    def __str__(self) -> str:
        same = f"{self.pictures} pictures, {self.same_presence} with a mesh or none in both; {len(self.apart)} meshes"
        figures = f"{np.median(self.apart):.1e}, {np.percentile(self.apart, 99):.1e}, {np.max(self.apart):.1e}"
        return f"{same}; median, 99th percentile, largest distance: {figures}"


class MediaPipeMesh:
    """MediaPipe's FaceMesh without refinement, for one face.

    Args:
        video: Whether each picture follows on the one before.
    """

    def __init__(self, video: bool) -> None:
        from mediapipe.python.solution_base import SolutionBase  # here: it takes seconds

        self._graph: Any = SolutionBase(
            binary_graph_path=_GRAPH,
            side_inputs={"num_faces": 1, "with_attention": False, "use_prev_landmarks": video},
            outputs=["multi_face_landmarks", "face_rects_from_detections", "face_rects_from_landmarks"],
        )

    def __call__(self, rgb: Picture) -> tuple[NDArray[np.float64] | None, Region | None, Region | None]:
        """The points (468, 3) in pixels of a picture, and the regions around the detection and around the mesh."""
        height, width = rgb.shape[:2]
        found = self._graph.process({"image": rgb})
        around_detection, around_mesh = (
            Region(rect.x_center * width, rect.y_center * height, rect.width * width, rect.rotation) if rect else None
            for rect in (
                (rects or [None])[0] for rects in (found.face_rects_from_detections, found.face_rects_from_landmarks)
            )
        )
        points = None
        if found.multi_face_landmarks:
            points = np.array([(each.x, each.y, each.z) for each in found.multi_face_landmarks[0].landmark])
            points *= width, height, width
        return points, around_detection, around_mesh


def agreement(pictures: Iterable[Picture], video: bool) -> Agreement:
    """Compare the meshes of the most certain face of each picture.

    Args:
        pictures: RGB.
        video: Whether each follows on the one before.
    """
    found, network, theirs = Agreement(), MeshNetwork(), MediaPipeMesh(video)
    ours = FaceMesh(network)
    with face_detector(DetectorModel.NEAR) as detect:
        for rgb in pictures:
            face = max(detect(rgb), key=lambda each: each.confidence, default=None)
            mesh = None if face is None else (ours if video else FaceMesh(network))(rgb, face)
            found.add(None if mesh is None else mesh.points, theirs(rgb)[0])
    return found


def clip(path: Path, every: int = 1) -> Iterator[Picture]:
    """The frames of a clip."""
    with VideoFile(path).open(Event()) as frames:
        yield from (frame.rgb for frame in islice(frames, 0, None, every))


if __name__ == "__main__":
    for name in CLIPS[:2]:
        for video in (False, True):
            print(f"{name}, {'as video' if video else 'frames alone'}: {agreement(clip(DATA / 'clips' / name), video)}")
    print(f"FER-2013 in scenes: {agreement(scenes(2000), video=False)}")
