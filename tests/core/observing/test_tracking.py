import pytest

from edge.core.face.detection import Box, Detection, Keypoints
from edge.core.observing.tracking import Tracker


def face(left, side=100.0, confidence=0.9):
    return Detection(Box(left, 0, side, side), Keypoints(*[(0.0, 0.0)] * 6), confidence)


def holding(*first, **settings):
    """A tracker that holds the first face, having seen it in three frames up to tick 0."""
    tracker = Tracker(**settings)
    for tick_s in (-0.08, -0.04, 0):
        tracker.follow(first, tick_s)
    return tracker


def test_the_largest_face_becomes_the_participant():
    seen = Tracker().follow([face(0, 50), face(300, 120)], 0)
    assert (seen.participant, seen.others, seen.is_new) == (face(300, 120), 1, True)


def test_a_larger_face_that_comes_later_does_not_take_over():
    tracker = Tracker()
    tracker.follow([face(0)], 0)
    seen = tracker.follow([face(400, 300), face(10)], 0.1)
    assert (seen.participant, seen.others, seen.is_new) == (face(10), 1, False)


def test_a_walking_participant_is_held_beside_a_larger_face():
    tracker = holding(face(0))
    for step in range(1, 20):
        seen = tracker.follow([face(900 - step, 200), face(step * 30)], step / 10)
        assert (seen.participant, seen.is_new) == (face(step * 30), False)


def test_of_two_that_overlap_the_nearer_one_is_the_participant():
    tracker = holding(face(0))
    assert tracker.follow([face(40, 110), face(10)], 0.1).participant == face(10)


def test_an_absence_within_patience_has_no_participant_and_the_others_are_counted():
    tracker = holding(face(0), patience_s=1)
    seen = tracker.follow([face(400)], 0.5)
    assert (seen.participant, seen.others, seen.is_new, seen.unclear) == (None, 1, False, True)
    back = tracker.follow([face(5), face(400)], 0.9)
    assert (back.participant, back.others, back.is_new) == (face(5), 1, False)


def test_after_patience_another_face_is_taken_as_new():
    tracker = holding(face(0), patience_s=1)
    tracker.follow([], 0.5)
    seen = tracker.follow([face(400)], 1.0)
    assert (seen.participant, seen.others, seen.is_new) == (face(400), 0, True)


def test_a_face_that_comes_back_after_patience_is_new_too():
    tracker = holding(face(0), patience_s=1)
    assert tracker.follow([], 2).participant is None
    assert tracker.follow([face(0)], 2.1).is_new


def test_an_empty_picture_shows_no_face():
    seen = Tracker().follow([], 0)
    assert (seen.participant, seen.others, seen.is_new) == (None, 0, False)


def test_a_detection_in_a_single_frame_does_not_hide_the_participant():
    tracker = Tracker()
    title, clear = face(400, 300), face(0)
    assert tracker.follow([title], 0).participant == title
    for frame in range(1, 26):
        seen = tracker.follow([clear], frame / 25)
        assert (seen.participant, seen.others, seen.is_new) == (clear, 0, frame == 1)


def test_a_box_that_cannot_be_read_is_never_held():
    tracker = Tracker()
    poster, clear = face(400, 300), face(0)
    for frame in range(50):
        assert tracker.follow([poster], frame / 25, lambda each: each is clear).participant == poster
    seen = tracker.follow([poster, clear], 2, lambda each: each is clear)
    assert (seen.participant, seen.others, seen.is_new) == (clear, 1, True)


@pytest.mark.parametrize(
    ("frames", "every_s", "held"), [(2, 0.04, False), (3, 0.04, True), (1, 0.2, False), (2, 0.2, True)]
)
def test_a_face_is_held_after_three_frames_or_a_tenth_of_a_second(frames, every_s, held):
    tracker, last_s = Tracker(), 0.0
    for frame in range(frames):
        last_s = frame * every_s
        tracker.follow([face(0)], last_s)
    assert (tracker.follow([face(400)], last_s + 0.01).participant is None) is held


def test_an_absent_participant_is_unclear_only_where_another_face_can_be_read():
    for can_be_read in (True, False):
        seen = holding(face(0)).follow([face(400)], 0.1, lambda each, readable=can_be_read: readable)
        assert (seen.participant, seen.unclear) == (None, can_be_read)


def test_a_followed_face_may_have_less_confidence_than_a_new_one():
    assert Tracker(take_from=0.6).follow([face(0, confidence=0.55)], 0).participant is None
    tracker = holding(face(0, confidence=0.6), take_from=0.6)
    weak = face(5, confidence=0.5)
    seen = tracker.follow([weak, face(400, confidence=0.55)], 0.1)
    assert (seen.participant, seen.others) == (weak, 0)


def test_patience_counts_from_where_the_participant_was_last_seen():
    tracker = holding(face(0))
    tracker.follow([face(5)], 1)
    waiting = tracker.follow([face(400)], 1.9)
    assert (waiting.participant, waiting.others, waiting.is_new) == (None, 1, False)
    assert tracker.follow([face(400)], 2).participant == face(400)


def test_boxes_that_overlap_by_just_enough_are_the_same_face():
    assert holding(face(0, 2), iou_min=1 / 3).follow([face(1, 2)], 0.1).participant == face(1, 2), "1/3 of the union"
    assert holding(face(0, 2), iou_min=0.35).follow([face(1, 2)], 0.1).participant is None


def test_three_tenths_of_overlap_are_enough_by_default():
    tracker = holding(face(0))
    assert tracker.follow([face(50)], 0.1).participant == face(50), "50 of 150"
    assert tracker.follow([face(106)], 0.2).participant is None, "44 of 156"


def test_all_other_faces_are_named():
    tracker = holding(face(0), take_from=0.6)
    weak = face(700, confidence=0.5)
    assert tracker.follow([face(5), face(400), weak], 0.1).other_faces == (face(400),)
    assert tracker.follow([face(400), weak], 0.2).other_faces == (face(400),), "the participant is away"


def unreadable(_):
    return False


def test_a_face_that_cannot_be_read_is_the_same_one_while_it_overlaps_enough():
    tracker = Tracker(iou_min=1 / 3)
    assert tracker.follow([face(0, 2)], 50, unreadable).is_new
    assert not tracker.follow([face(1, 2)], 50.1, unreadable).is_new
    assert tracker.follow([face(2.1, 2)], 50.2, unreadable).is_new


@pytest.mark.parametrize(("after_s", "is_new"), [(0.75, False), (1.0, True)])
def test_a_face_that_cannot_be_read_is_another_one_after_patience(after_s, is_new):
    tracker = Tracker(patience_s=1)
    tracker.follow([face(0)], 50, unreadable)
    assert tracker.follow([face(0)], 50 + after_s, unreadable).is_new is is_new


@pytest.mark.parametrize(("readable_frames", "held"), [(2, False), (3, True)])
def test_only_frames_in_which_a_face_could_be_read_count(readable_frames, held):
    tracker = Tracker()
    tracker.follow([face(0)], 50, unreadable)
    for frame in range(readable_frames):
        tracker.follow([face(0)], 50.01 + frame / 100)
    assert (tracker.follow([face(400)], 50.05).participant is None) is held


def test_a_tenth_of_a_second_is_enough():
    tracker = Tracker()
    for tick_s in (0.0, 0.1):
        tracker.follow([face(0)], tick_s)
    assert tracker.follow([face(400)], 0.2).participant is None
