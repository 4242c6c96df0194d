"""How far our poses and those of MediaPipe's package agree: `python -m tests.vision.body.agreement`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.body.pose import BodyPose
from tests.vision.detection.agreement import CLIPS, DATA, Picture
from tests.vision.mesh.agreement import clip

_GRAPH = "mediapipe/modules/pose_landmark/pose_landmark_cpu.binarypb"


@dataclass
class Agreement:
    """What both answered for the same pictures.

    Attributes:
        pictures: How many there were.
        same_presence: In how many of these both found a pose, or none.
        apart: For each picture with both poses how far each point lies from the other's, (33,), in the longer side of
            the box around the points.
        deep: The same of z.
        visible: The differences of the visibilities.
    """

    pictures: int = 0
    same_presence: int = 0
    apart: list[NDArray[np.float64]] = field(default_factory=list)
    deep: list[NDArray[np.float64]] = field(default_factory=list)
    visible: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, ours: NDArray[np.float32] | None, theirs: NDArray[np.float64] | None) -> None:
        """Add the poses of a picture, (33, 4) each."""
        self.pictures += 1
        self.same_presence += (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            size = np.ptp(theirs[:, :2], axis=0).max()
            self.apart.append(np.linalg.norm(ours[:, :2] - theirs[:, :2], axis=1) / size)
            self.deep.append(np.abs(ours[:, 2] - theirs[:, 2]) / size)
            self.visible.append(np.abs(ours[:, 3] - theirs[:, 3]))

    def check(self) -> None:
        """Assert what the pose promises: that of MediaPipe 0.10.18."""
        assert self.same_presence >= 0.99 * self.pictures
        assert np.median(self.apart) <= 0.002
        assert np.percentile(self.apart, 99) <= 0.02
        assert np.percentile(self.deep, 99) <= 0.02
        assert np.percentile(self.visible, 99) <= 0.02

    def __str__(self) -> str:
        same = f"{self.pictures} pictures, {self.same_presence} with a pose or none in both; {len(self.apart)} poses"
        figures = (
            f"{name} {np.median(apart):.1e}, {np.percentile(apart, 99):.1e}, {np.max(apart):.1e}"
            for name, apart in (("points", self.apart), ("z", self.deep), ("visibility", self.visible))
        )
        return f"{same}; median, 99th percentile, largest: {'; '.join(figures)}"


class MediaPipePose:
    """MediaPipe's Pose with the full network, each picture on its own."""

    def __init__(self) -> None:
        from mediapipe.python.solution_base import SolutionBase  # here: it takes seconds

        self._graph: Any = SolutionBase(
            binary_graph_path=_GRAPH,
            side_inputs={
                "model_complexity": 1,
                "smooth_landmarks": False,
                "enable_segmentation": False,
                "smooth_segmentation": False,
                "use_prev_landmarks": False,
            },
            outputs=["pose_landmarks"],
        )

    def __call__(self, rgb: Picture) -> NDArray[np.float64] | None:
        """The points (33, 4): x, y, z in pixels of a picture, and the visibility."""
        height, width = rgb.shape[:2]
        found = self._graph.process({"image": rgb}).pose_landmarks
        if found is None:
            return None
        points = np.array([(each.x, each.y, each.z, each.visibility) for each in found.landmark])
        return np.asarray(points * (width, height, width, 1), np.float64)


def agreement(pictures: Iterable[Picture]) -> Agreement:
    """Compare the poses of pictures."""
    found, ours, theirs = Agreement(), BodyPose(), MediaPipePose()
    for rgb in pictures:
        found.add(ours(rgb), theirs(rgb))
    return found


def photograph() -> Iterable[Picture]:
    """The photograph upright, mirrored, aslant and smaller."""
    rgb = np.ascontiguousarray(np.asarray(cv2.imread(str(DATA / "clips" / "single_face.jpg")), np.uint8)[..., ::-1])
    height, width = rgb.shape[:2]
    yield rgb
    yield np.ascontiguousarray(rgb[:, ::-1])
    for turned_deg, scale in ((25, 0.7), (-40, 0.5), (90, 0.6)):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), turned_deg, scale)
        yield np.asarray(cv2.warpAffine(rgb, turn, (width, height)), np.uint8)


if __name__ == "__main__":
    print(f"photograph: {agreement(photograph())}")
    for name in CLIPS:
        print(f"{name}: {agreement(clip(DATA / 'clips' / name))}")
