"""An observer holds one participant, smooths what is read of them, and says why where nothing can be."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.core.frames import Frame
from edge.core.labels import Level
from edge.core.observing.quality import QualityLimits
from edge.core.observing.smoothing import Smoother
from edge.core.readings import Reading, Unreadable
from edge.run.assemble import Models
from edge.run.observe import Observer, read_picture
from edge.sources.recorded.demo import picture
from tests.fakes import BEGAN, PICTURE, compose, face, frame, reading

LIMITS = QualityLimits()
UNSMOOTHED = Smoother(0, compose)


def observer(
    faces: Sequence[tuple[Detection, ...]], readings: list[Reading], smoothing_s: float = 0.5, **settings: Any
) -> Callable[[float], tuple[Detection | None, int, Reading | None, Unreadable | None]]:
    """An observer whose n-th frame shows the n-th faces and whose n-th crop is read as the n-th reading."""
    seen, read = iter(faces), iter(readings)
    watch = Observer(
        lambda _: next(seen), lambda _: next(read), limits=LIMITS, smoother=Smoother(smoothing_s, compose), **settings
    )

    def at(tick_s: float) -> tuple[Detection | None, int, Reading | None, Unreadable | None]:
        found = watch(frame(tick_s))
        assert (found.reading is None) != (found.unreadable is None)
        return found.participant, found.others, found.reading, found.unreadable

    return at


def test_an_observation_carries_its_frames_times_and_losses() -> None:
    watch = Observer(lambda _: (), lambda _: reading(), limits=LIMITS, smoother=UNSMOOTHED)
    seen = watch(frame(3.5, dropped_before=4))
    assert (seen.tick_s, seen.taken_at, seen.dropped_before) == (3.5, BEGAN + timedelta(seconds=3.5), 4)


def test_a_participant_is_held_while_a_larger_face_passes() -> None:
    passing = [(face(500 - 30 * step, 200, top=50), face(100)) for step in range(8)]
    at = observer([(face(100),), *passing], [reading()] * 9)
    at(0.0)
    for step in range(8):
        participant, others, read, _ = at((step + 1) / 10)
        assert participant == face(100)
        assert others == 1
        assert read is not None


def test_of_several_the_largest_is_read_and_the_others_are_counted() -> None:
    participant, others, _, _ = observer([(face(20, 60), face(200, 120), face(500, 80))], [reading()])(0.0)
    assert (participant, others) == (face(200, 120), 2)


def test_an_empty_picture_is_an_observation_too() -> None:
    assert observer([()], [])(0.0) == (None, 0, None, Unreadable.NO_FACE)


def test_a_change_of_expression_is_followed_at_once() -> None:
    calm, lively = reading(Level.RESERVED), reading(Level.EXPRESSIVE)
    at = observer([(face(100),)] * 20, [calm] * 10 + [lively] * 10, smoothing_s=0.4)
    scores = [read.score for step in range(20) if (read := at(step / 10)[2])]
    assert scores[:11] == [-1] * 11, "one frame may be an error"
    assert scores == sorted(scores)
    assert scores[13:] == [1] * 7


def test_another_participant_begins_afresh() -> None:
    calm, lively = reading(Level.RESERVED), reading(Level.EXPRESSIVE)
    at = observer([(face(100),)] * 5 + [(), (), (face(600),)], [calm] * 5 + [lively], smoothing_s=60.0)
    for step in range(5):
        at(step / 10)
    at(0.9)
    at(1.6)
    assert at(1.7)[2] == lively


def test_the_same_participant_after_a_blink_of_the_detector_is_smoothed_on() -> None:
    calm, lively = reading(Level.RESERVED), reading(Level.EXPRESSIVE)
    at = observer([(face(100),), (face(100),), (), (face(104),)], [calm, calm, lively], smoothing_s=60.0)
    for tick_s in (0.0, 0.1, 0.2):
        at(tick_s)
    read = at(0.4)[2]
    assert read is not None
    assert read.level is Level.RESERVED


def test_no_face_is_never_said_while_a_readable_face_is_there() -> None:
    at = observer([(face(100),)] * 2 + [(face(600),)] * 3, [reading()] * 3)
    results = [at(tick_s) for tick_s in (0.0, 0.1, 0.3, 0.9, 1.2)]
    assert [unreadable for *_, unreadable in results] == [None, None, Unreadable.NOT_SURE, Unreadable.NOT_SURE, None]
    assert [participant for participant, *_ in results[2:]] == [None, None, face(600)]


@pytest.mark.parametrize(("sure_from", "unreadable"), [(0.4, Unreadable.NOT_SURE), (0.39, None), (0.38, None)])
def test_a_level_that_is_not_sure_enough_is_not_read(sure_from: float, unreadable: Unreadable | None) -> None:
    at = observer([(face(100),)], [reading(confidence=0.39)], sure_from=sure_from)
    participant, _, read, why = at(0.0)
    assert (why, read is None) == (unreadable, unreadable is not None)
    assert participant == face(100)


@pytest.mark.parametrize(
    ("rgb", "who", "why"),
    [
        (PICTURE, face(100, 30), Unreadable.TOO_SMALL),
        (np.zeros_like(PICTURE), face(100), Unreadable.TOO_DARK),
        (np.full_like(PICTURE, 120), face(100), Unreadable.BLURRED),
        (
            PICTURE,
            replace(face(100), keypoints=replace(face(100).keypoints, nose_tip=(180.0, 160.0))),
            Unreadable.TURNED_AWAY,
        ),
    ],
)
def test_a_person_who_cannot_be_read_is_there_all_the_same(
    rgb: NDArray[np.uint8], who: Detection, why: Unreadable
) -> None:
    def never(_: NDArray[np.uint8]) -> Reading:
        pytest.fail("a crop that is not worth reading was read")

    watch = Observer(lambda _: (who, face(600, 20)), never, limits=LIMITS, smoother=UNSMOOTHED)
    seen = watch(Frame(rgb, 0.0, BEGAN))
    assert (seen.participant, seen.others, seen.reading, seen.unreadable) == (who, 1, None, why)
    assert read_picture(rgb, lambda _: (who,), never, LIMITS, 0.4) is why


def test_of_one_picture_the_largest_face_is_read_without_smoothing() -> None:
    crops: list[NDArray[np.uint8]] = []

    def read(crop: NDArray[np.uint8]) -> Reading:
        crops.append(crop)
        return reading()

    assert read_picture(PICTURE, lambda _: (face(20, 60), face(200, 120)), read, LIMITS, 0.4) == reading()
    assert [crop.shape for crop in crops] == [(48, 48)]
    assert read_picture(PICTURE, lambda _: (), read, LIMITS, 0.4) is Unreadable.NO_FACE
    assert read_picture(PICTURE, lambda _: (face(200),), read, LIMITS, 0.9) is Unreadable.NOT_SURE


def test_real_models_read_the_demo(models: Models) -> None:
    watch = Observer(
        lambda seen: models.find_faces(seen.rgb), models.read_face, limits=LIMITS, smoother=UNSMOOTHED, sure_from=0.0
    )
    seen = [watch(Frame(picture(index), index / 25, BEGAN)) for index in (170, 175, 180, 350)]
    assert [found.unreadable for found in seen] == [None, None, None, Unreadable.NO_FACE]
    assert {found.reading.emotion for found in seen if found.reading} == {"happy"}


def test_a_covered_lens_is_no_signal_after_two_seconds_and_no_face_is_looked_for() -> None:
    looked: list[float] = []
    tick_s = 0.0

    def find(_: Frame) -> tuple[Detection, ...]:
        looked.append(tick_s)
        return (face(100),)

    noise = np.asarray(np.random.default_rng(0).integers(0, 6, PICTURE.shape), np.uint8)
    watch = Observer(find, lambda _: reading(Level.RESERVED), limits=LIMITS, smoother=UNSMOOTHED)
    seen_at = {}
    for step in range(40):
        tick_s = step / 10
        seen_at[tick_s] = watch(Frame(noise, tick_s, BEGAN))
    assert all(seen.reading is None for seen in seen_at.values()), "never reserved"
    assert {seen.unreadable for tick_s, seen in seen_at.items() if tick_s >= 2.3} == {Unreadable.NO_SIGNAL}
    assert max(looked) < 2.3
    assert (seen_at[3.0].participant, seen_at[3.0].others) == (None, 0)
    assert watch(Frame(PICTURE, 4.3, BEGAN)).reading is not None


def test_another_size_of_picture_is_another_scene() -> None:
    calm, lively = reading(Level.RESERVED), reading(Level.EXPRESSIVE)
    seen, read = iter([(face(100),), (face(100), face(500, 200))]), iter([calm, lively])
    watch = Observer(lambda _: next(seen), lambda _: next(read), limits=LIMITS, smoother=Smoother(60.0, compose))
    watch(Frame(PICTURE, 0.0, BEGAN))
    found = watch(Frame(PICTURE[:, :720], 0.1, BEGAN))
    assert found.participant == face(500, 200)
    assert found.reading == lively


def test_real_models_take_any_size_of_picture(models: Models) -> None:
    watch = Observer(
        lambda seen: models.find_faces(seen.rgb), models.read_face, limits=LIMITS, smoother=UNSMOOTHED, sure_from=0.0
    )
    sizes = [(640, 480), (320, 240), (1280, 960), (640, 480)]
    for step, size in enumerate(sizes):
        seen = watch(Frame(np.asarray(cv2.resize(picture(30), size), np.uint8), step / 10, BEGAN))
        assert seen.reading is not None, size
