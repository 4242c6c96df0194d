"""The face detector finds people, and reports where in pixels."""

from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.run.assemble import Models
from edge.sources.recorded.demo import picture
from edge.sources.recorded.video import VideoFile
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel


def inside(point: tuple[float, float], face: Detection) -> bool:
    """Whether a point lies in a face's box."""
    box = face.box
    return box.left < point[0] < box.left + box.width and box.top < point[1] < box.top + box.height


def check_one_frontal_face(faces: tuple[Detection, ...]) -> None:
    (face,) = faces
    points = face.keypoints
    for point in (points.right_eye, points.left_eye, points.nose_tip, points.mouth_centre):
        assert inside(point, face)
    assert points.right_eye[0] < points.nose_tip[0] < points.left_eye[0]  # the person's right is the picture's left
    assert points.right_eye[1] < points.nose_tip[1] < points.mouth_centre[1]
    assert 0.6 <= face.confidence <= 1


@pytest.mark.parametrize("index", [30, 150, 250], ids=["neutral", "smile", "surprise"])
def test_the_demo_has_one_face(models: Models, index: int) -> None:
    check_one_frontal_face(models.find_faces(picture(index)))


def test_the_demos_empty_wall_has_none(models: Models) -> None:
    assert models.find_faces(picture(350)) == ()


def test_a_photograph_has_one_face(models: Models, photo: NDArray[np.uint8]) -> None:
    check_one_frontal_face(models.find_faces(photo))


def test_pixels_are_those_of_the_picture_whatever_its_size(models: Models, demo_face: NDArray[np.uint8]) -> None:
    doubled = np.asarray(cv2.resize(demo_face, None, fx=2, fy=2), np.uint8)
    (small,), (large,) = models.find_faces(demo_face), models.find_faces(doubled)
    assert large.box.width == pytest.approx(2 * small.box.width, rel=0.05)
    assert large.keypoints.nose_tip == pytest.approx([2 * side for side in small.keypoints.nose_tip], rel=0.02)


def test_of_two_people_the_larger_comes_first(models: Models, demo_face: NDArray[np.uint8]) -> None:
    both = np.full((480, 1100, 3), 170, np.uint8)
    both[:, :640] = demo_face
    both[120:, 640:1100] = cv2.resize(demo_face, (480, 360))[:, 10:470]
    faces = models.find_faces(both)
    assert len(faces) == 2
    assert faces[0].box.area > faces[1].box.area
    assert faces[0].box.centre[0] < 640 < faces[1].box.centre[0]


def test_the_far_model_sees_a_face_too(clips: Path) -> None:
    with VideoFile(clips / "single_face.mp4").open(Event()) as frames, face_detector(DetectorModel.FAR) as find_faces:
        check_one_frontal_face(find_faces(next(frames).rgb))


def test_a_surer_detector_reports_less(demo_face: NDArray[np.uint8]) -> None:
    with face_detector(min_confidence=0.5) as find_faces:
        (face,) = find_faces(demo_face)
    for least, found in ((face.confidence, (face,)), (face.confidence + 0.01, ())):
        with face_detector(min_confidence=least) as find_faces:
            assert find_faces(demo_face) == found


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3, 3), (3000, 10, 3)])
def test_pictures_of_odd_sizes_have_no_face(models: Models, shape: tuple[int, ...]) -> None:
    assert models.find_faces(np.zeros(shape, np.uint8)) == ()


def test_a_view_of_a_bgr_picture_is_looked_at_as_it_is(models: Models, demo_face: NDArray[np.uint8]) -> None:
    bgr = np.ascontiguousarray(demo_face[..., ::-1])
    assert models.find_faces(bgr[..., ::-1]) == models.find_faces(demo_face)
