"""The steps around the detector's network, against values worked out by hand or by OpenCV's own warp."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from edge.core.face.detection import Box
from edge.vision.detection.anchors import anchors
from edge.vision.detection.decoding import decoded, logit_of
from edge.vision.detection.letterbox import Letterbox
from edge.vision.detection.place import Place
from edge.vision.detection.suppression import merged

SIDE = 128


def warped(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The letterbox as MediaPipe makes it: a perspective warp from the frame's square to the input's."""
    height, width = rgb.shape[:2]
    longer = max(width, height)
    left, top = (width - longer) / 2, (height - longer) / 2
    corners = [(left, top + longer), (left, top), (left + longer, top), (left + longer, top + longer)]
    target = np.array([(0, SIDE), (0, 0), (SIDE, 0), (SIDE, SIDE)], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(corners, np.float32), target)
    square = cv2.warpPerspective(rgb, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(square / 127.5 - 1, np.float32)


@pytest.mark.parametrize(
    ("width", "height"),
    [(640, 360), (640, 480), (960, 540), (540, 960), (333, 500), (128, 128), (60, 31), (1, 1), (1, 5000)],
)
def test_a_frame_is_written_as_mediapipe_warps_it(width: int, height: int) -> None:
    noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    rgb = np.asarray(cv2.GaussianBlur(noise, (3, 3), 0), np.uint8)
    sample = np.full((SIDE, SIDE, 3), 9, np.float32)
    letterbox = Letterbox(SIDE)
    letterbox.write(np.full((7, 300, 3), 255, np.uint8), sample)  # of another size: nothing of it is left
    letterbox.write(rgb, sample)
    assert_allclose(sample, warped(rgb), atol=1.01 / 127.5)  # one step of a byte
    assert np.mean(np.abs(sample - warped(rgb)) > 1e-6) < 0.01


def test_anchors_are_the_centres_of_cells_row_by_row() -> None:
    near = anchors(128, ((8, 2), (16, 6)))
    assert near.shape == (896, 2)
    assert near[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]
    assert near[32].tolist() == [4, 12]
    assert near[[512, 517, 518, -1]].tolist() == [[8, 8], [8, 8], [24, 8], [120, 120]]
    assert anchors(192, ((4, 1),)).shape == (2304, 2)


def test_a_box_is_given_by_centre_and_size_and_points_by_their_distance_from_the_anchor() -> None:
    place = decoded([1, 2, 20, 10, *range(12)], 2.0, (100, 50))
    assert place.score == pytest.approx(0.880797)
    assert place.box == Box(91, 47, 20, 10)
    assert place.points == [(100 + x, 50 + x + 1) for x in range(0, 12, 2)]
    in_frame = place.moved(-10, -20, 5)
    assert (in_frame.box, in_frame.points[0]) == (Box(445, 215, 100, 50), (490, 235))


def test_scores_are_sigmoids_and_bear_any_logit() -> None:
    scores = [decoded([0.0] * 16, logit, (0, 0)).score for logit in (0, 2, -1e9, 1e9, logit_of(0.6))]
    assert_allclose(scores, [0.5, 0.880797, 0, 1, 0.6], atol=1e-6)
    assert (logit_of(0), logit_of(1)) == (-np.inf, np.inf)


def places(*boxes: tuple[float, float, float, float, float]) -> list[Place]:
    """Boxes (left, top, right, bottom) and their scores, each with six points in its left top corner."""
    return [
        Place(score, [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top, *(left, top) * 6])
        for left, top, right, bottom, score in boxes
    ]


def test_boxes_of_one_face_become_their_mean_weighted_by_score() -> None:
    found = places((0, 0, 10, 10, 0.6), (100, 0, 120, 20, 0.7), (2, 0, 12, 10, 0.9))
    one, two = merged(found, 0.3)
    assert one.score == 0.9  # the best one's, not the mean
    assert one.numbers == pytest.approx([6.2, 5, 10, 10, *(1.2, 0) * 6])
    assert two.score == 0.7
    assert two.numbers == pytest.approx(found[1].numbers)


def test_a_box_joins_the_best_one_that_it_overlaps_and_no_chain_is_built() -> None:
    chain = places((0, 0, 10, 10, 0.9), (5, 0, 15, 10, 0.8), (10, 0, 20, 10, 0.7))  # neighbours overlap by a third
    assert [place.score for place in merged(chain, 0.3)] == [0.9, 0.7]


def test_boxes_without_area_end_too() -> None:
    assert len(list(merged(places((5, 5, 5, 5, 0.9), (5, 5, 5, 5, 0.8)), 0.3))) == 2
