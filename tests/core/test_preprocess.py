from dataclasses import replace
from math import cos, radians, sin

import cv2
import numpy as np
import pytest

from edge.core.face import preprocess
from edge.core.face.detection import Box, Detection, Keypoints
from edge.core.face.preprocess import (
    CROP_PX,
    CROP_RISE,
    CROP_SIDE,
    InputSpec,
    crop_of,
    face_crop,
    real_input,
    stored_input,
)
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.quantization import Quantization
from edge.vision.card import load_model


def detection(x, y, side, roll_degrees=0.0):
    """A face whose box is centred on (x, y), its eye line turned clockwise in the picture."""
    along = cos(radians(roll_degrees)), sin(radians(roll_degrees))
    right, left = ((x + way * side / 4 * along[0], y + way * side / 4 * along[1]) for way in (-1, 1))
    points = Keypoints(right, left, (x, y), (x, y), (x, y), (x, y))
    return Detection(Box(x - side / 2, y - side / 2, side, side), points, 0.9)


@pytest.fixture(scope="module")
def picture():
    """A smooth pattern without symmetry, (600, 800, 3)."""
    rows, columns = np.mgrid[0:600, 0:800].astype(np.float32)
    grey = 128 + 50 * np.sin(rows / 29) + 40 * np.cos(columns / 41 + rows / 97) + 30 * np.sin(columns / 13)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def gap(one, other):
    return np.abs(one.astype(int) - other.astype(int)).mean()


def test_a_crop_is_square_grey_and_48_pixels_wide(picture):
    crop = face_crop(picture, detection(400, 300, 120))
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8


def test_a_crop_is_the_square_around_the_box_with_its_margin(picture):
    side = 240 * CROP_SIDE
    top, left = 300 - CROP_RISE * side - side / 2, 400 - side / 2
    cut = picture[round(top) : round(top + side), round(left) : round(left + side)]
    assert gap(face_crop(picture, detection(400, 300, 240)), crop_of(cut)) < 2


@pytest.mark.parametrize("roll", [-60, -20, 7, 20, 45, 179])
def test_a_turned_picture_gives_the_same_crop(picture, roll):
    turn = cv2.getRotationMatrix2D((400, 300), -roll, 1)  # OpenCV counts against the clock
    turned = np.asarray(cv2.warpAffine(picture, turn, (800, 600), flags=cv2.INTER_CUBIC), np.uint8)
    straight = face_crop(picture, detection(400, 300, 150))
    assert gap(face_crop(turned, detection(400, 300, 150, roll)), straight) < 2
    assert gap(face_crop(turned, detection(400, 300, 150)), straight) > 5


@pytest.mark.parametrize("scale", [0.25, 0.5, 3, 6])
def test_tiny_and_huge_faces_give_the_crop_of_any_other(picture, scale):
    area = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=area)
    there = detection(400 * scale, 300 * scale, 280 * scale)
    assert gap(face_crop(scaled, there), face_crop(picture, detection(400, 300, 280))) < 3


def test_a_face_of_a_few_pixels_gives_a_crop_too():
    dot = np.zeros((20, 20, 3), np.uint8)
    dot[8:12, 8:12] = 200
    crop = face_crop(dot, detection(10, 10, 6))
    assert crop.shape == (48, 48)
    assert crop.max() > 150
    assert crop.min() < 50


def test_a_striped_shirt_far_beyond_the_resolution_turns_grey():
    stripes = np.zeros((2000, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = face_crop(stripes, detection(1000, 1000, 1500))
    assert np.all(np.abs(crop.astype(int) - 127) < 20)


@pytest.mark.parametrize(("x", "y"), [(0, 300), (800, 300), (400, 0), (400, 600), (0, 0), (800, 600)])
def test_over_the_border_the_borders_pixels_are_repeated(picture, x, y):
    wide = cv2.copyMakeBorder(picture, 300, 300, 300, 300, cv2.BORDER_REPLICATE)
    assert gap(face_crop(picture, detection(x, y, 200)), face_crop(wide, detection(x + 300, y + 300, 200))) < 1


@pytest.mark.parametrize(("x", "y"), [(-900, 300), (1700, 300), (400, -900), (400, 1500)])
def test_a_box_wholly_outside_shows_nothing(picture, x, y):
    assert not face_crop(picture, detection(x, y, 200)).any()


def test_half_pixels_shift_the_crop_evenly(picture):
    shifts = [
        gap(face_crop(picture, detection(400 + step / 4, 300, 48)), face_crop(picture, detection(400, 300, 48)))
        for step in range(4)
    ]
    assert shifts == sorted(shifts)
    assert shifts[0] == 0 < shifts[1]


def ramp(side_px):
    """A picture (32, 32, 3) that brightens by 7 with each column, a square of it as a face, and the crop expected.

    The n-th crop pixel's centre lies (n + 1/2) / 48 of the square's side from its left edge; a frame pixel's centre
    lies half a pixel from its own.
    """
    picture = np.repeat((7 * np.arange(32, dtype=np.uint8))[None, :, None], 32, axis=0).repeat(3, axis=2)
    face = detection(16, 16 + CROP_RISE * side_px, side_px / CROP_SIDE)
    expected = 7 * (16 - side_px / 2 + (np.arange(48) + 0.5) / 48 * side_px - 0.5)
    return picture, face, expected


@pytest.mark.parametrize("side_px", [12, 20, 24, 30])
def test_an_enlarged_face_is_not_shifted(side_px):
    picture, face, expected = ramp(side_px)
    columns = face_crop(picture, face).mean(axis=0) - expected
    assert abs(columns.mean()) < 0.3
    assert np.abs(columns).max() < 1
    rows = face_crop(picture.transpose(1, 0, 2).copy(), face).mean(axis=1) - expected
    assert abs(rows.mean()) < 0.3


@pytest.mark.parametrize("side", [24, 70, 96, 130])
def test_a_face_upside_down_is_not_shifted(picture, side):
    around = picture[:200, :200]
    upright = face_crop(around, detection(100, 100, side))
    assert gap(face_crop(around[::-1, ::-1].copy(), detection(100, 100, side, 180)), upright) < 0.5


def test_crop_and_crop_of_share_their_pixels(picture):
    """A picture that is all face is cropped as the same face in a frame is: no half-pixel shift between them."""
    side = 96
    frame = picture[:300, :300]
    centre = 150, 150 + CROP_RISE * side * 1.0
    face = detection(*centre, side / CROP_SIDE)
    assert gap(face_crop(frame, face), crop_of(frame[102:198, 102:198])) < 1


@pytest.mark.parametrize("shape", [(48, 48), (48, 48, 1), (48, 48, 3), (96, 64), (20, 30, 3), (1, 1, 3)])
def test_any_picture_of_a_face_becomes_a_crop(shape):
    assert np.all(crop_of(np.full(shape, 77, np.uint8)) == 77)


def test_a_grey_picture_is_left_as_it_is():
    grey = np.random.default_rng(1).integers(0, 256, (CROP_PX, CROP_PX), np.uint8)
    assert np.array_equal(crop_of(grey), grey)
    assert np.array_equal(crop_of(grey[..., None]), grey)
    assert np.array_equal(crop_of(np.repeat(grey[..., None], 3, axis=2)), grey)


def test_green_counts_most_as_in_rgb():
    colours = {name: np.full((48, 48, 3), 0, np.uint8) for name in ("red", "green", "blue")}
    for channel, picture in enumerate(colours.values()):
        picture[..., channel] = 255
    red, green, blue = (int(crop_of(picture)[0, 0]) for picture in colours.values())
    assert (red, green, blue) == (76, 150, 29)


@pytest.mark.parametrize("size_px", [48, 64, 96])
def test_an_input_is_the_crop_enlarged(size_px):
    crop = np.random.default_rng(2).integers(0, 256, (48, 48), np.uint8)
    real = real_input(crop, InputSpec(size_px, 0.0, 1.0))
    assert real.shape == (size_px, size_px, 1)
    assert real.dtype == np.float32
    assert real.mean() == pytest.approx(crop.mean() / 255, abs=0.01)


def test_black_and_white_are_the_specs():
    half = np.zeros((48, 48), np.uint8)
    half[:, 24:] = 255
    real = real_input(half, InputSpec(48, -1.0, 1.0))
    assert np.all(real[:, :24] == -1)
    assert np.all(real[:, 24:] == 1)


@pytest.mark.parametrize(("name", "labels"), [("emotion", EMOTIONS), ("expressiveness", tuple(map(str, LEVELS)))])
def test_training_and_the_device_see_the_same_within_half_a_step(shipped, name, labels):
    card = load_model(shipped, name, labels).card
    crop = np.repeat(np.linspace(0, 255, 48).astype(np.uint8)[:, None], 48, axis=1)
    real = real_input(crop, card.input.spec)
    stored = stored_input(crop, card.input.spec, card.input.quantization)
    assert stored.dtype == np.int8
    assert stored.shape == real.shape == card.input.shape[1:]
    assert np.abs(card.input.quantization.real(stored) - real).max() <= card.input.scale * 0.51
    assert int(stored.max()) - int(stored.min()) > 250  # nearly every step is used


def test_another_step_gives_other_stored_values():
    crop = np.full((48, 48), 255, np.uint8)
    spec = InputSpec(48, 0.0, 1.0)
    fine, coarse = (stored_input(crop, spec, Quantization(1 / steps, -128)) for steps in (255, 100))
    assert (fine[0, 0, 0], coarse[0, 0, 0]) == (127, -28)


def test_training_has_no_preprocessing_of_its_own():
    fer2013 = pytest.importorskip("models.datasets.fer2013")
    assert fer2013.crop_of is preprocess.crop_of


def test_where_both_eyes_are_one_point_the_head_counts_as_upright(picture):
    face = detection(400, 300, 150)
    one_point = replace(face, keypoints=replace(face.keypoints, left_eye=face.keypoints.right_eye))
    assert np.array_equal(face_crop(picture, one_point), face_crop(picture, face))


def test_every_pixel_of_a_huge_face_counts_alike():
    stripes = np.zeros((900, 900, 3), np.uint8)
    stripes[:, ::4] = 200  # one column in four
    crop = face_crop(stripes, detection(450, 450, 700))
    assert np.abs(crop.astype(int) - 50).max() < 10


def test_every_pixel_of_a_large_picture_counts_alike():
    stripes = np.zeros((480, 480), np.uint8)
    stripes[:, ::5] = 200
    assert np.array_equal(crop_of(stripes), np.full((48, 48), 40))


def test_a_small_picture_is_enlarged_evenly():
    half = np.zeros((24, 24), np.uint8)
    half[:, 12:] = 200
    assert crop_of(half)[0, 21:27].tolist() == [0, 0, 50, 150, 200, 200]


def test_a_huge_face_of_which_one_column_is_in_the_picture_has_its_grey():
    assert np.all(face_crop(np.full((300, 100, 3), 77, np.uint8), detection(-239.5, 150, 400)) == 77)
