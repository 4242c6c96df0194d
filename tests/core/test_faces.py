import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.face.detection import Box, Detection, Keypoints, largest

points = Keypoints(*[(0.0, 0.0)] * 6)
places, sides = st.floats(-1000, 1000), st.floats(1, 1000)
boxes = st.builds(Box, places, places, sides, sides)


def test_overlap_of_two_squares():
    assert Box(0, 0, 2, 2).iou(Box(1, 0, 2, 2)) == pytest.approx(1 / 3)
    assert Box(0, 0, 2, 2).iou(Box(2, 2, 2, 2)) == 0
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0


@given(boxes, boxes)
def test_overlap_is_a_share_and_the_same_from_both_sides(one, other):
    assert 0 <= one.iou(other) <= 1 + 1e-9
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert one.iou(one) == pytest.approx(1)


def test_centre_and_area():
    assert Box(10, 20, 4, 6).centre == (12, 23)
    assert Box(10, 20, 4, 6).area == 24


def test_the_largest_face():
    small, big = Detection(Box(0, 0, 5, 5), points, 0.99), Detection(Box(0, 0, 9, 9), points, 0.5)
    assert largest([small, big]) is big
    assert largest([]) is None


@pytest.mark.parametrize(("left", "top"), [(0, 3), (3, 0), (0, -3), (-3, 0), (2, 0), (0, 2)])
def test_boxes_side_by_side_do_not_overlap(left, top):
    assert Box(0, 0, 2, 2).iou(Box(left, top, 2, 2)) == 0


def test_a_box_inside_another():
    assert Box(0, 0, 0.4, 0.4).iou(Box(0.1, 0.2, 0.2, 0.1)) == pytest.approx(0.02 / 0.16)
