"""How far LiteRT's and MediaPipe's detector agree: `python -m tests.vision.detection.agreement`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.sources.recorded.demo import picture
from edge.sources.recorded.video import VideoFile
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel, DetectorRuntime
from models.datasets.load import load

DATA: Final = Path(__file__).resolve().parents[4] / "shared" / "data"
CLIPS: Final = ("single_face.mp4", "face_noface.mov", "no_face.mp4")
MEDIAPIPES_LEAST: Final = {DetectorModel.NEAR: 0.5, DetectorModel.FAR: 0.6}  # scores that its graphs drop
Picture = NDArray[np.uint8]


@dataclass
class Agreement:
    """What two detectors answered for the same pictures.

    Attributes:
        pictures: How many there were.
        same_number: In how many of these both found as many faces.
        box: For each face the furthest edge, in sides of the box.
        keypoints: For each face the furthest key point, in sides of the box.
        score: For each face the difference of the scores.
    """

    pictures: int = 0
    same_number: int = 0
    box: list[float] = field(default_factory=list)
    keypoints: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)

    def add(self, one: tuple[Detection, ...], other: tuple[Detection, ...]) -> None:
        """Add the faces of a picture; each is compared with the other detector's that overlaps it most."""
        self.pictures += 1
        self.same_number += len(one) == len(other)
        for face in one if other else ():
            alike = max(other, key=lambda each: face.box.iou(each.box))
            apart = np.abs(_points(face) - _points(alike)).max(axis=1) / face.box.width
            self.box.append(float(apart[:2].max()))
            self.keypoints.append(float(apart[2:].max()))
            self.score.append(abs(face.confidence - alike.confidence))

    def check(self) -> None:
        """Assert what the LiteRT detector promises: MediaPipe 0.10.18's faces."""
        assert self.same_number >= 0.995 * self.pictures
        for apart, most in ((self.box, 0.01), (self.keypoints, 0.02), (self.score, 0.02)):
            assert np.percentile(apart, 99) <= most

    def __str__(self) -> str:
        figures = (
            f"{name} {np.median(apart):.1e}, {np.percentile(apart, 99):.1e}"
            for name, apart in (("box", self.box), ("key points", self.keypoints), ("score", self.score))
        )
        same = f"{self.pictures} pictures, {self.same_number} with the same number of faces; {len(self.box)} faces"
        return f"{same}; median and 99th percentile: {'; '.join(figures)}"


def agreement(model: DetectorModel, pictures: Iterable[Picture]) -> Agreement:
    """Compare LiteRT's and MediaPipe's detector on pictures."""
    least, found = MEDIAPIPES_LEAST[model], Agreement()
    with (
        face_detector(model, least, DetectorRuntime.LITERT) as ours,
        face_detector(model, least, DetectorRuntime.MEDIAPIPE) as theirs,
    ):
        for rgb in pictures:
            found.add(ours(rgb), theirs(rgb))
    return found


def clip_pictures(folder: Path, every: int = 1) -> Iterator[Picture]:
    """The frames of the clips, and the photograph."""
    for name in CLIPS:
        with VideoFile(folder / name).open(Event()) as frames:
            yield from (frame.rgb for frame in islice(frames, 0, None, every))
    yield np.ascontiguousarray(np.asarray(cv2.imread(str(folder / "single_face.jpg")), np.uint8)[..., ::-1])


def demo_pictures() -> Iterator[Picture]:
    """The demo's drawn face in several sizes of picture, upright and wide, and its empty wall."""
    for index, (width, height) in zip(
        range(0, 360, 20), [(640, 480), (640, 360), (1280, 720), (500, 333), (360, 640), (211, 300)] * 3, strict=True
    ):
        yield np.asarray(cv2.resize(picture(index), (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def scenes(faces: int, seed: int = 0) -> Iterator[Picture]:
    """FER-2013's first faces of the validation split, one or two in each scene: an empty room, 640x360 to 1280x720."""
    rng = np.random.default_rng(seed)
    with VideoFile(DATA / "clips" / "no_face.mp4").open(Event()) as frames:
        rooms = [frame.rgb for frame in islice(frames, 0, None, 10)]
    crops = iter(load(DATA / "fer2013", "validation").crops[:faces])
    while group := list(islice(crops, int(rng.integers(1, 3)))):
        size = [(640, 360), (640, 480), (960, 540), (1280, 720), (720, 1280)][rng.integers(5)]
        scene = np.asarray(cv2.resize(rooms[rng.integers(len(rooms))], size, interpolation=cv2.INTER_AREA), np.uint8)
        for crop in group:
            _set_into(scene, crop, rng)
        yield scene


def _set_into(scene: Picture, crop: Picture, rng: np.random.Generator) -> None:
    """A grey face (48, 48) somewhere in a scene, its borders blended into it."""
    side = int(min(scene.shape[:2]) * rng.uniform(0.2, 0.7))
    top, left = (int(rng.integers(0, length - side + 1)) for length in scene.shape[:2])
    place = scene[top : top + side, left : left + side]
    ramp = np.minimum(np.arange(side), np.arange(side)[::-1]) / (0.1 * side)
    share = np.minimum(np.minimum.outer(ramp, ramp), 1)[..., np.newaxis]
    face = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)[..., np.newaxis]
    place[:] = np.rint(share * face + (1 - share) * place)


def _points(face: Detection) -> NDArray[np.float64]:
    """The box's left top and right bottom corner, and the six key points, as (8, 2)."""
    box, points = face.box, face.keypoints
    corners = [(box.left, box.top), (box.left + box.width, box.top + box.height)]
    return np.array([*corners, *(getattr(points, name) for name in points.__slots__)])


if __name__ == "__main__":
    for model in MEDIAPIPES_LEAST:
        print(f"{model}, clips: {agreement(model, clip_pictures(DATA / 'clips'))}")
        print(f"{model}, FER-2013 in scenes: {agreement(model, scenes(2000))}")
