from dataclasses import replace
from math import cos, sin

import cv2
import numpy as np
import pytest

from edge.core.face.detection import Box, Detection, Keypoints
from edge.core.face.mesh import HeadPose
from edge.core.observing.quality import QualityLimits, readable_crop, sharpness, turn
from edge.core.readings import Unreadable

LIMITS = QualityLimits()


def face(nose_x=0.0, roll=0.0, side=100.0, left=0.0):
    """Eyes 50 apart around (50, 40), the nose so many eye distances aside."""

    def point(along: float, down: float) -> tuple[float, float]:
        return 50 + along * cos(roll) - down * sin(roll), 40 + along * sin(roll) + down * cos(roll)

    nose = point(nose_x * 50, 20)
    return Detection(Box(left, 0, side, side), Keypoints(point(-25, 0), point(25, 0), nose, nose, nose, nose), 0.9)


def judged(models, rgb, limits=LIMITS):
    """What is said of the one face in a picture."""
    (found,) = models.find_faces(rgb)
    answer = readable_crop(rgb, found, limits)
    return answer if isinstance(answer, Unreadable) else "readable"


@pytest.fixture(scope="module", params=["demo", "photo"])
def person(request):
    return request.getfixturevalue({"demo": "demo_face", "photo": "photo"}[request.param])


def test_a_real_face_is_readable(models, person):
    assert judged(models, person) == "readable"


def test_a_readable_face_comes_as_its_crop(models, demo_face):
    (found,) = models.find_faces(demo_face)
    crop = readable_crop(demo_face, found, LIMITS)
    assert isinstance(crop, np.ndarray)
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8


def test_far_away_a_face_is_too_small(models, person):
    shrunk = cv2.resize(person, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    assert judged(models, shrunk) is Unreadable.TOO_SMALL
    assert judged(models, shrunk, replace(LIMITS, smallest_px=20.0)) != Unreadable.TOO_SMALL


def test_with_the_light_off_a_face_is_too_dark(models, person):
    dimmed = (person * 0.15).astype(np.uint8)
    assert judged(models, dimmed) is Unreadable.TOO_DARK
    assert judged(models, dimmed, replace(LIMITS, darkest=5.0)) is not Unreadable.TOO_DARK


def test_out_of_focus_a_face_is_blurred(models, person):
    blurred = cv2.GaussianBlur(person, (0, 0), 8)
    assert judged(models, blurred) is Unreadable.BLURRED
    assert judged(models, blurred, replace(LIMITS, sharpness=0.01)) == "readable"


def test_a_dim_face_is_as_sharp_as_a_bright_one(models, person):
    dimmed = (person * 0.35).astype(np.uint8)
    assert judged(models, dimmed) == "readable"


def test_a_face_in_profile_is_turned_away(models, demo_face):
    (found,) = models.find_faces(demo_face)
    right, left = found.keypoints.right_eye, found.keypoints.left_eye
    profile = replace(
        found, keypoints=replace(found.keypoints, nose_tip=(left[0] + 0.2 * (left[0] - right[0]), left[1]))
    )
    assert readable_crop(demo_face, profile, LIMITS) is Unreadable.TURNED_AWAY
    assert isinstance(readable_crop(demo_face, profile, replace(LIMITS, turned=1.0)), np.ndarray)


def test_what_is_wrong_first_is_said_first():
    black = np.zeros((200, 200, 3), np.uint8)
    assert readable_crop(black, face(nose_x=1, side=39), LIMITS) is Unreadable.TOO_SMALL
    assert readable_crop(black, face(nose_x=1), LIMITS) is Unreadable.TURNED_AWAY
    assert readable_crop(black, face(), LIMITS) is Unreadable.TOO_DARK
    grey = np.full((200, 200, 3), 90, np.uint8)
    assert readable_crop(grey, face(), LIMITS) is Unreadable.BLURRED


@pytest.mark.parametrize(("side", "small"), [(39.9, True), (40.0, False)])
def test_the_smallest_face_is_the_limit_itself(side, small):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    assert (readable_crop(noise, face(side=side), LIMITS) is Unreadable.TOO_SMALL) == small


@pytest.mark.parametrize("roll", [0.0, 0.4, -0.4, 2.0])
@pytest.mark.parametrize("aside", [-0.7, 0.0, 0.3, 0.6])
def test_turning_is_measured_however_the_head_is_tilted(aside, roll):
    assert turn(face(aside, roll)) == pytest.approx(abs(aside))


def test_a_detection_without_distance_between_the_eyes_is_turned_away():
    one_point = Keypoints(*[(10.0, 10.0)] * 6)
    flat = Detection(Box(0, 0, 100, 100), one_point, 0.9)
    assert readable_crop(np.full((100, 100, 3), 128, np.uint8), flat, LIMITS) is Unreadable.TURNED_AWAY


def test_sharpness_falls_with_every_blur(demo_face):
    crop = cv2.resize(cv2.cvtColor(demo_face, cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
    measured = [sharpness(crop), *(sharpness(cv2.GaussianBlur(crop, (0, 0), sigma)) for sigma in (0.7, 1.5, 3))]
    assert measured == sorted(measured, reverse=True)
    assert sharpness(np.full((48, 48), 90, np.uint8)) == 0


NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)


def test_where_a_heads_pose_is_known_it_counts_and_not_the_key_points():
    assert readable_crop(NOISE, face(nose_x=0), LIMITS, HeadPose(50, 0, 0)) is Unreadable.TURNED_AWAY
    assert isinstance(readable_crop(NOISE, face(nose_x=1), LIMITS, HeadPose(30, 0, 0)), np.ndarray)


def test_a_head_turned_as_far_as_the_limit_is_read():
    aside, head = face(nose_x=0.5), HeadPose(-35, 0, 0)
    exact = replace(LIMITS, turned=turn(aside), turned_deg=head.aside_deg)
    assert isinstance(readable_crop(NOISE, aside, exact), np.ndarray)
    assert isinstance(readable_crop(NOISE, aside, exact, head), np.ndarray)


def test_a_face_as_dark_or_as_blurred_as_the_limit_is_not_too_much_so():
    grey = np.full((200, 200, 3), 30, np.uint8)
    assert readable_crop(grey, face(), replace(LIMITS, darkest=30.0)) is Unreadable.BLURRED
    crop = readable_crop(NOISE, face(), LIMITS)
    assert isinstance(crop, np.ndarray)
    assert isinstance(readable_crop(NOISE, face(), replace(LIMITS, sharpness=sharpness(crop))), np.ndarray)


def test_little_contrast_has_a_sharpness():
    stripes, clear = np.full((48, 48), 90, np.uint8), np.zeros((48, 48), np.uint8)
    stripes[:, ::2], clear[:, ::2] = 91, 100
    assert sharpness(stripes) == pytest.approx(sharpness(clear))
    assert sharpness(stripes) > 1
