"""Faces set into scenes: the same seed gives the same scene, each is worse in its own way, and figures add up."""

from collections.abc import Iterator
from math import atan2, degrees

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.detection import Detection, largest
from edge.core.face.preprocess import face_crop
from edge.core.observing.quality import sharpness, turn
from edge.core.readings import Unreadable
from edge.evaluation.answers import Answer
from edge.evaluation.disturbances import Disturbance, scene
from edge.evaluation.disturbed import evaluate_disturbed
from edge.evaluation.ground_truth import GroundTruth, GroundTruths, Labels
from edge.evaluation.labelled import LabelledImage
from edge.sources.recorded.demo import picture
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.choose import face_detector


@pytest.fixture(scope="module")
def find_faces() -> Iterator[FaceDetector]:
    with face_detector() as detector:
        yield detector


@pytest.fixture(scope="module")
def face(find_faces: FaceDetector) -> NDArray[np.uint8]:
    rgb = picture(160)
    found = largest(find_faces(rgb))
    assert found is not None
    return face_crop(rgb, found)


def found_in(shown: NDArray[np.uint8], find_faces: FaceDetector) -> Detection:
    found = largest(find_faces(shown))
    assert found is not None
    return found


def tilt_deg(found: Detection) -> float:
    right, left = found.keypoints.right_eye, found.keypoints.left_eye
    return abs(degrees(atan2(left[1] - right[1], left[0] - right[0])))


@pytest.mark.parametrize("how", Disturbance)
def test_a_scene_depends_on_seed_name_and_disturbance_alone(face: NDArray[np.uint8], how: Disturbance) -> None:
    shown = scene(face, "a.png", how, 3)
    assert shown.shape == (480, 640, 3)
    assert shown.dtype == np.uint8
    assert np.array_equal(shown, scene(face, "a.png", how, 3))
    assert not np.array_equal(shown, scene(face, "b.png", how, 3))
    assert not np.array_equal(shown, scene(face, "a.png", how, 4))


def test_each_scene_is_worse_in_its_own_way(face: NDArray[np.uint8], find_faces: FaceDetector) -> None:
    shown = {how: [scene(face, str(number), how) for number in range(6)] for how in Disturbance}
    found = {how: [found_in(one, find_faces) for one in shown[how]] for how in (Disturbance.NONE, Disturbance.TILT)}
    assert max(map(tilt_deg, found[Disturbance.NONE])) < 8
    assert min(map(tilt_deg, found[Disturbance.TILT])) > 8
    plain = found[Disturbance.NONE]
    turned = [found_in(one, find_faces) for one in shown[Disturbance.TURN]]
    assert np.mean([turn(one) for one in turned]) > 2 * np.mean([turn(one) for one in plain])
    far = [found_in(one, find_faces) for one in shown[Disturbance.DISTANCE]]
    assert max(one.box.width for one in far) < min(one.box.width for one in plain)

    def grey(how: Disturbance) -> NDArray[np.uint8]:
        return np.stack([one[..., 0] for one in shown[how]])

    assert grey(Disturbance.DIM).mean() < 0.5 * grey(Disturbance.NONE).mean()
    halves = np.abs(np.diff([[one[:, :320].mean(), one[:, 320:].mean()] for one in grey(Disturbance.SIDE_LIGHT)]))
    assert halves.min() > 30
    none, blur, noise = (
        np.mean([sharpness(one) for one in grey(how)])
        for how in (Disturbance.NONE, Disturbance.BLUR, Disturbance.NOISE)
    )
    assert blur < none / 2
    assert noise > none * 2
    blocks = np.abs(np.diff(grey(Disturbance.COMPRESSION).astype(int), axis=2)).mean(axis=(0, 1))
    assert blocks[7::8].mean() > 1.5 * np.delete(blocks, np.s_[7::8]).mean(), "JPEG's blocks of 8 pixels"


def test_drops_are_of_the_same_faces() -> None:
    """Alone the last of four faces is read wrong; dim scenes make the first wrong and the second unreadable."""
    images = [LabelledImage(str(number), "happy", np.full((48, 48, 3), number, np.uint8)) for number in range(4)]
    left_out = LabelledImage("none", "happy", np.zeros((48, 48, 3), np.uint8))
    truths = GroundTruths(
        Labels.FOLDER, lambda image: GroundTruth(None, "unknown") if image is left_out else GroundTruth(3)
    )
    seen = {how: [scene(one.pixels[..., 0], one.name, how, 7) for one in images] for how in Disturbance}

    def in_scene(image: LabelledImage) -> Answer | Unreadable:
        (how,) = (how for how in Disturbance if np.array_equal(seen[how][int(image.name)], image.pixels))
        if how is Disturbance.DIM and image.name in "01":
            return Unreadable.TOO_DARK if image.name == "1" else Answer(0, 0.9)
        return alone(image)

    def alone(image: LabelledImage) -> Answer | Unreadable:
        return Answer(2 if image.name == "3" else 3, 0.9)

    figures = evaluate_disturbed([*images, left_out], "it", truths, alone, in_scene, seed=7).as_json()
    assert (figures["n"], figures["accuracy_alone"], figures["seed"]) == (4, 0.75, 7)
    assert figures["disturbances"]["dim"] == {
        "read": 3,
        "read_share": 0.75,
        "accuracy": 0.3333,
        "accuracy_alone": 0.6667,
        "drop": 0.3333,
        "not_read": {"too_dark": 1},
    }
    assert figures["disturbances"]["tilt"]["drop"] == 0
    assert figures["mean_drop"] == pytest.approx(0.3333 / 8, abs=1e-4)
