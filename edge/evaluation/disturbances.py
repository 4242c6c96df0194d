"""Scenes with a face whose light, lens, pose or distance is worse than in its picture, as a camera may deliver them."""

from collections.abc import Callable
from enum import StrEnum
from math import asin, pi, sin
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

_HEIGHT_PX, _WIDTH_PX = 480, 640
_FACE_PX, _FAR_PX = (200, 240), (125, 155)  # the side of the picture of the face in the scene
_HALF_FACE = 0.8  # half of the face's width, as a share of the radius of the cylinder that stands for the head

Grey = NDArray[np.float32]  # (height, width), grey values 0..255
Change = Callable[[Grey, np.random.Generator], Grey]


class Disturbance(StrEnum):
    """What is worse in a scene than in the picture of the face alone."""

    NONE = "none"  # only set into a scene, where the detector has to find it
    DIM = "dim"
    SIDE_LIGHT = "side_light"
    BLUR = "blur"
    NOISE = "noise"
    TILT = "tilt"
    TURN = "turn"
    DISTANCE = "distance"
    COMPRESSION = "compression"


def scene(face: NDArray[np.uint8], name: str, how: Disturbance, seed: int = 0) -> NDArray[np.uint8]:
    """Set the picture of a face into a scene of 640x480 pixels.

    Args:
        face: (height, width) grey, uint8: a face and nothing else.
        name: The picture's name, which decides every draw together with `how` and `seed`.
        how: What is worse in the scene.
        seed: Another one gives other scenes.

    Returns:
        (480, 640, 3) RGB, uint8; its three channels are equal.
    """
    rng = np.random.default_rng((seed, crc32(name.encode()), list(Disturbance).index(how)))
    side_px = int(rng.integers(*(_FAR_PX if how is Disturbance.DISTANCE else _FACE_PX)))
    enlarged = cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    picture = np.clip(enlarged, 0, 255)
    if how is Disturbance.TURN:
        picture = _turned(picture, rng)
    whole = _placed(picture, rng.uniform(12, 28) * rng.choice((-1, 1)) if how is Disturbance.TILT else 0.0, rng)
    if how in _CHANGES:
        whole = _CHANGES[how](whole, rng)
    grey = np.clip(np.rint(whole), 0, 255).astype(np.uint8)
    if how is Disturbance.COMPRESSION:
        grey = _compressed(grey, rng)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def _placed(picture: Grey, tilt_deg: float, rng: np.random.Generator) -> Grey:
    """A picture somewhere on a background of about its own brightness, which varies slowly."""
    side_px = len(picture)
    rough = rng.uniform(-25, 25, (4, 5)).astype(np.float32) + float(picture.mean())
    background = cv2.resize(rough, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    reach_px = side_px * 0.7  # half of the diagonal, so that a tilted picture is inside
    middle = rng.uniform(reach_px, _WIDTH_PX - reach_px), rng.uniform(reach_px, _HEIGHT_PX - reach_px)
    half = (side_px - 1) / 2
    into = np.asarray(cv2.getRotationMatrix2D((half, half), tilt_deg, 1.0), np.float64)
    into[:, 2] += np.array(middle) - half
    size = (_WIDTH_PX, _HEIGHT_PX)
    moved = cv2.warpAffine(picture, into, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones_like(picture), into, size, flags=cv2.INTER_LINEAR)
    return np.asarray(inside * moved + (1 - inside) * background, np.float32)


def _turned(picture: Grey, rng: np.random.Generator) -> Grey:
    """The face on an upright cylinder that turns by 15 to 35 degrees to one side."""
    side_px = len(picture)
    angle = rng.uniform(15, 35) * rng.choice((-1, 1)) * pi / 180
    across = np.linspace(-_HALF_FACE, _HALF_FACE, side_px)
    seen = np.array([sin(min(max(asin(x) - angle, -pi / 2), pi / 2)) for x in across])
    columns = ((seen / _HALF_FACE + 1) / 2 * (side_px - 1)).astype(np.float32)
    rows = np.arange(side_px, dtype=np.float32)
    map_x, map_y = np.tile(columns, (side_px, 1)), np.tile(rows[:, np.newaxis], (1, side_px))
    return np.asarray(cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _dim(whole: Grey, rng: np.random.Generator) -> Grey:
    """A quarter to less than half of the light, with the noise that a camera then has."""
    return _noisy(whole * np.float32(rng.uniform(0.25, 0.45)), 4.0, rng)


def _side_light(whole: Grey, rng: np.random.Generator) -> Grey:
    """Three to six times as much light on one side of the scene's middle as on the other."""
    angle, ratio = rng.uniform(-0.25, 0.25) * pi + rng.choice((0, pi)), rng.uniform(3, 6)
    down, across = np.mgrid[:_HEIGHT_PX, :_WIDTH_PX].astype(np.float32)
    along = ((across - _WIDTH_PX / 2) * np.cos(angle) + (down - _HEIGHT_PX / 2) * np.sin(angle)) / _FACE_PX[0]
    light = ratio ** np.tanh(along)
    return np.asarray(whole * light / np.sqrt(ratio), np.float32)


def _blurred(whole: Grey, rng: np.random.Generator) -> Grey:
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), rng.uniform(3, 6)), np.float32)


def _noise(whole: Grey, rng: np.random.Generator) -> Grey:
    return _noisy(whole, rng.uniform(8, 20), rng)


def _noisy(whole: Grey, deviation: float, rng: np.random.Generator) -> Grey:
    return whole + np.float32(deviation) * rng.standard_normal(whole.shape, np.float32)


def _compressed(grey: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Through JPEG of low quality."""
    quality = int(rng.integers(6, 14))
    _, content = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


_CHANGES: dict[Disturbance, Change] = {
    Disturbance.DIM: _dim,
    Disturbance.SIDE_LIGHT: _side_light,
    Disturbance.BLUR: _blurred,
    Disturbance.NOISE: _noise,
}
