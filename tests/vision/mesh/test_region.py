"""The square that the network is given: around a detection, or around the last mesh."""

from math import pi, radians

import cv2
import numpy as np
import pytest

from edge.core.face.detection import Box, Detection, Keypoints
from edge.vision.mesh.region import region_of_detection, region_of_mesh
from edge.vision.region import Region, cut, in_frame

CENTRE = (100.0, 100.0)


def detection(right_eye: tuple[float, float], left_eye: tuple[float, float], box: Box) -> Detection:
    return Detection(box, Keypoints(right_eye, left_eye, CENTRE, CENTRE, CENTRE, CENTRE), 0.9)


def test_around_a_detection_it_is_one_and_a_half_times_the_longer_side() -> None:
    region = region_of_detection(detection((80, 90), (120, 90), Box(60, 50, 80, 100)))
    assert region == Region(100, 100, 150, 0)


@pytest.mark.parametrize(
    ("left_eye", "roll"),
    [((120, 90), 0), ((120, 130), 45), ((80, 130), 90), ((40, 90), 180), ((80, 50), -90)],
)
def test_it_is_rotated_with_the_eyes(left_eye: tuple[float, float], roll: float) -> None:
    region = region_of_detection(detection((80, 90), left_eye, Box(50, 50, 100, 100)))
    assert region.roll_rad == pytest.approx(radians(roll))


def test_around_a_mesh_it_is_one_and_a_half_times_its_longer_side() -> None:
    points = np.full((468, 3), 100, np.float32)
    points[7, :2], points[8, :2] = (60, 90), (140, 150)  # the corners of all points
    points[33, :2], points[263, :2] = (90, 100), (100, 110)  # the outer corners of the eyes
    region = region_of_mesh(points)
    assert (region.centre_x, region.centre_y, region.side) == (100, 120, 120)
    assert region.roll_rad == pytest.approx(pi / 4)


@pytest.mark.parametrize(("by", "same"), [(0, True), (33, True), (34, False), (200, False)])
def test_regions_of_one_face_overlap_by_half(by: float, same: bool) -> None:
    assert Region(100, 100, 100, 0).is_same_face(Region(100 + by, 100, 100, 0.5)) is same


def test_what_is_cut_out_stands_upright() -> None:
    frame = np.zeros((400, 400, 3), np.uint8)
    cv2.circle(frame, (200, 100), 12, (255, 0, 0), -1)  # above the middle
    rolled = np.ascontiguousarray(np.rot90(frame, -1))  # clockwise: now on the right
    upright, from_rolled = (
        cut(picture, Region(200, 200, 300, roll), 192) for picture, roll in ((frame, 0), (rolled, pi / 2))
    )
    assert upright.shape == (192, 192, 3)
    assert np.abs(upright.astype(int) - from_rolled).mean() < 1
    assert upright[32, 96, 0] > 200


def test_a_region_over_the_border_repeats_the_borders_pixels() -> None:
    frame = np.full((100, 100, 3), 90, np.uint8)
    assert (cut(frame, Region(0, 0, 150, 0.3), 192) == 90).all()


@pytest.mark.parametrize("roll_deg", [0.0, 30.0, -100.0])
def test_points_return_to_where_they_were_cut_from(roll_deg: float) -> None:
    frame = np.zeros((480, 640, 3), np.uint8)
    spot = np.array([350, 170])
    cv2.circle(frame, spot.tolist(), 6, (255, 255, 255), -1)
    region = Region(320, 200, 240, radians(roll_deg))
    seen = cut(frame, region, 192)[..., 0]
    y, x = (seen * 1.0 / seen.sum() * place for place in np.mgrid[:192, :192])
    found = in_frame(np.array([[x.sum(), y.sum(), 19.2]], np.float32), region, 192)
    assert found[0] == pytest.approx((*spot, 24), abs=1)
