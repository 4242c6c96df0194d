from functools import lru_cache
from itertools import islice

import cv2
import numpy as np
import pytest

from edge.core.observing.no_signal import NoSignal, shows_nothing
from edge.sources.recorded.demo import picture

SIZES = [(480, 640), (240, 320), (1080, 1920)]


@lru_cache
def normal(shape):
    return np.random.default_rng(1).standard_normal(shape, np.float32)


def covered(mean, noise, size=(480, 640), seed=0):
    """A covered sensor: noise of every pixel and of every column, and a glow along one side."""
    chance = np.random.default_rng(seed)
    glow = np.linspace(0, mean * 0.2, size[1])[None, :, None]
    columns = chance.normal(0, noise * 0.2, (1, size[1], 1))
    return np.clip(np.float32(mean) + (glow + columns).astype(np.float32) + normal((*size, 3)) * noise, 0, 255).astype(
        np.uint8
    )


def darkened(rgb, light):
    """What a sensor with read noise of 2 and some shot noise makes of a scene in `light` times the light."""
    dim = rgb * np.float32(light)
    return np.clip(dim + normal(dim.shape) * np.sqrt(4 + np.float32(0.1) * dim), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("mean", "noise"), [(0, 0), (2, 2), (5, 3), (12, 6), (20, 10), (30, 15)])
def test_a_covered_sensor_shows_nothing(mean, noise, size):
    assert shows_nothing(covered(mean, noise, size))


@pytest.mark.parametrize("colour", [(0, 0, 0), (0, 135, 0), (0, 0, 255), (255, 255, 255)])
def test_a_plain_colour_shows_nothing(colour):
    assert shows_nothing(np.full((480, 640, 3), colour, np.uint8))


@pytest.mark.parametrize("light", [1.0, 0.35, 0.2, 0.1])
def test_a_scene_shows_something_and_so_does_a_bare_wall(demo_face, light):
    for scene in (demo_face, picture(350)):
        assert not shows_nothing((scene * light).astype(np.uint8))
        assert not shows_nothing(darkened(scene, light))


@pytest.mark.parametrize("light", [1.0, 0.35, 0.15, 0.05])
@pytest.mark.parametrize("name", ["face_noface.mov", "no_face.mp4", "single_face.mp4"])  # each is decoded once
def test_dim_but_good_footage_raises_no_alarm(clips, name, light):
    pictures = frames_of(clips / name)
    assert len(pictures) >= 10, "but for a clip's black first frame"
    assert not [picture for picture in pictures if shows_nothing(darkened(picture, light))]


@lru_cache(1)
def frames_of(path):
    """About a dozen frames of a clip, from its beginning to its end."""
    capture = cv2.VideoCapture(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    found = []
    for index in range(count):
        read, picture = capture.read()
        if read and index % (count // 12) == 0 and picture.mean() > 2:
            found.append(np.ascontiguousarray(picture[..., ::-1]))
    return found


def test_it_takes_two_seconds_and_ends_at_once(demo_face):
    watch, black = NoSignal(), covered(5, 3)
    assert not any(watch.lasts(demo_face, tick / 10) for tick in range(10))
    dark = [watch.lasts(black, 1 + tick / 10) for tick in range(40)]
    assert dark.index(True) in range(20, 24)
    assert all(dark[dark.index(True) :])
    assert not watch.lasts(demo_face, 5.5)
    assert not any(watch.lasts(black, 6 + tick / 10) for tick in range(15))


def test_a_hand_that_passes_is_no_alarm(demo_face):
    watch = NoSignal()
    pictures = ([covered(3, 2)] * 15 + [demo_face] * 5) * 6
    assert not any(watch.lasts(picture, tick / 10) for tick, picture in enumerate(islice(pictures, 120)))


def test_it_looks_five_times_a_second(demo_face):
    watch, black = NoSignal(after_s=1.0), covered(5, 3)
    assert not watch.lasts(black, 10.0)
    assert not watch.lasts(demo_face, 10.1), "not looked at"
    assert watch.lasts(demo_face, 11.0) is False, "looked at again: there is a picture"
    watch.lasts(black, 12.0)
    watch.lasts(demo_face, 12.0)
    watch.lasts(demo_face, 12.19)
    assert watch.lasts(black, 13.0), "nothing that was looked at showed anything"
    again = NoSignal(after_s=1.0)
    again.lasts(black, 0.0)
    again.lasts(demo_face, 0.2)
    assert not again.lasts(black, 1.0), "after a fifth of a second it looks"


def test_a_clock_that_begins_again_is_looked_at_at_once(demo_face):
    watch, black = NoSignal(after_s=1.0), covered(5, 3)
    watch.lasts(black, 100.0)
    assert not watch.lasts(black, 5.0)
    assert not watch.lasts(black, 5.5)
    assert watch.lasts(black, 6.0), "a second by the new clock"
    watch.lasts(demo_face, 3.0)
    assert not watch.lasts(black, 3.1)


def test_two_seconds_where_nothing_else_is_said():
    watch, black = NoSignal(), covered(5, 3)
    watch.lasts(black, 0.0)
    assert not watch.lasts(black, 1.99)
    assert watch.lasts(black, 2.0)


def noisy(means, noise):
    """A picture of columns with these mean grey values in green, and noise of every pixel; red and blue are plain."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    green = np.repeat(np.array(means, np.float64), 640 // len(means))[None, :]
    chance = np.random.default_rng(2)
    picture[..., 1] = np.clip(green + chance.normal(0, noise, (480, 640)), 0, 255)
    return picture


@pytest.mark.parametrize(
    ("means", "noise", "nothing"),
    [
        ((15, 35), 10, False),  # dark and full of noise, and yet there is contrast
        ((27, 31), 10, True),  # a glow along one side, and noise
        ((27, 31), 4, False),  # the same with little noise: a bare wall in little light
        ((29.5, 30.5), 3, True),  # no contrast at all
        ((5, 6.5), 0.5, True),  # black
        ((10, 12), 0.5, False),  # not quite black, and no noise
        ((60, 64), 25, False),  # bright enough: then noise does not count
        ((200, 200), 0, True),  # one plain colour
        ((27, 31), 8, True),  # noise just above a quarter of the mean
        ((44, 46), 0, False),  # as bright as a dim wall
        ((7, 9), 0, False),  # as dark as that, and yet not black
    ],
)
def test_what_counts_is_brightness_contrast_and_noise(means, noise, nothing):
    assert shows_nothing(noisy(means, noise)) is nothing


def test_fine_structure_is_no_noise():
    """Pairs of equal columns differ from each other, and from row to row; neighbours within a pair do not."""
    picture = noisy((27, 31), 0)
    structure = np.random.default_rng(3).normal(0, 12, (480, 320)).repeat(2, axis=1)
    picture[..., 1] = np.clip(picture[..., 1] + structure, 0, 255)
    assert not shows_nothing(picture)
