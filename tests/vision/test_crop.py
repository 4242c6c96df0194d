"""The crop of a face that was found: upright and alike, wherever and however large the face is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.preprocess import face_crop
from edge.run.assemble import Models


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Correlation of two crops."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def turned(rgb: NDArray[np.uint8], by_degrees: float, around: tuple[float, float]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    turn = cv2.getRotationMatrix2D(around, by_degrees, 1)
    return np.asarray(cv2.warpAffine(rgb, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("by_degrees", [-20, 20])
def test_a_tilted_head_is_set_upright(models: Models, demo_face: NDArray[np.uint8], by_degrees: float) -> None:
    (straight,) = models.find_faces(demo_face)
    tilted_picture = turned(demo_face, by_degrees, straight.box.centre)
    (tilted,) = models.find_faces(tilted_picture)
    crop, upright = face_crop(demo_face, straight), face_crop(tilted_picture, tilted)
    as_it_was = turned(crop, by_degrees, (23.5, 23.5))
    assert likeness(upright, crop) > 0.7
    assert likeness(upright, crop) > likeness(as_it_was, crop) + 0.1


@pytest.mark.parametrize("by_degrees", [-20, 20])
def test_a_tilted_photograph_is_set_upright(models: Models, photo: NDArray[np.uint8], by_degrees: float) -> None:
    (straight,) = models.find_faces(photo)
    tilted_picture = turned(photo, by_degrees, straight.box.centre)
    (tilted,) = models.find_faces(tilted_picture)
    crop, upright = face_crop(photo, straight), face_crop(tilted_picture, tilted)
    assert likeness(upright, crop) > likeness(turned(crop, by_degrees, (23.5, 23.5)), crop)


def test_a_mirrored_face_gives_the_mirrored_crop(models: Models, photo: NDArray[np.uint8]) -> None:
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    (face,), (other,) = models.find_faces(photo), models.find_faces(mirrored)
    assert likeness(face_crop(mirrored, other)[:, ::-1], face_crop(photo, face)) > 0.8


@pytest.mark.parametrize("scale", [0.25, 0.5, 4])
def test_the_crop_is_alike_at_every_distance(models: Models, demo_face: NDArray[np.uint8], scale: float) -> None:
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(demo_face, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    (face,), (other,) = models.find_faces(demo_face), models.find_faces(scaled)
    assert likeness(face_crop(scaled, other), face_crop(demo_face, face)) > 0.9


def test_a_face_at_the_border_is_still_found_and_cropped(models: Models, demo_face: NDArray[np.uint8]) -> None:
    (face,) = models.find_faces(demo_face)
    cut = np.ascontiguousarray(demo_face[:, int(face.box.left) + 4 :])  # the box begins four pixels outside
    (other,) = models.find_faces(cut)
    assert likeness(face_crop(cut, other)[:, 12:], face_crop(demo_face, face)[:, 12:]) > 0.8
