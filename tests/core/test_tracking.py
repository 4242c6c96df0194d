from edge.core.faces import Box, Detection, Keypoints
from edge.core.observing.tracking import Tracker


def face(left, side=100.0):
    return Detection(Box(left, 0, side, side), Keypoints(*[(0.0, 0.0)] * 6), 0.9)


def test_the_largest_face_becomes_the_participant():
    seen = Tracker().follow([face(0, 50), face(300, 120)], 0)
    assert (seen.participant, seen.others, seen.is_new) == (face(300, 120), 1, True)


def test_a_larger_face_that_comes_later_does_not_take_over():
    tracker = Tracker()
    tracker.follow([face(0)], 0)
    seen = tracker.follow([face(400, 300), face(10)], 0.1)
    assert (seen.participant, seen.others, seen.is_new) == (face(10), 1, False)


def test_a_walking_participant_is_held_beside_a_larger_face():
    tracker = Tracker()
    tracker.follow([face(0)], 0)
    for step in range(1, 20):
        seen = tracker.follow([face(900 - step, 200), face(step * 30)], step / 10)
        assert (seen.participant, seen.is_new) == (face(step * 30), False)


def test_of_two_that_overlap_the_nearer_one_is_the_participant():
    tracker = Tracker()
    tracker.follow([face(0)], 0)
    assert tracker.follow([face(40, 110), face(10)], 0.1).participant == face(10)


def test_an_absence_within_patience_has_no_participant_and_the_others_are_counted():
    tracker = Tracker(patience_s=1)
    tracker.follow([face(0)], 0)
    seen = tracker.follow([face(400)], 0.5)
    assert (seen.participant, seen.others, seen.is_new) == (None, 1, False)
    back = tracker.follow([face(5), face(400)], 0.9)
    assert (back.participant, back.others, back.is_new) == (face(5), 1, False)


def test_after_patience_another_face_is_taken_as_new():
    tracker = Tracker(patience_s=1)
    tracker.follow([face(0)], 0)
    tracker.follow([], 0.5)
    seen = tracker.follow([face(400)], 1.0)
    assert (seen.participant, seen.others, seen.is_new) == (face(400), 0, True)


def test_a_face_that_comes_back_after_patience_is_new_too():
    tracker = Tracker(patience_s=1)
    tracker.follow([face(0)], 0)
    assert tracker.follow([], 2).participant is None
    assert tracker.follow([face(0)], 2.1).is_new


def test_an_empty_picture_shows_no_face():
    seen = Tracker().follow([], 0)
    assert (seen.participant, seen.others, seen.is_new) == (None, 0, False)
