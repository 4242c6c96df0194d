"""`--detector auto` looks near; far where near found no face for a second; and back."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.face.detection import Detection
from edge.sources.recorded.demo import picture
from edge.vision.detection.auto import AutoDetector
from edge.vision.detection.base import FaceDetector
from edge.vision.detection.choose import face_detector
from edge.vision.detection.model import DetectorModel
from tests.fakes import PICTURE, face

NEAR, FAR = (face(100.0, 120.0),), (face(102.0, 118.0),)


class Fake:
    """A detector that finds what it is set to, and counts how often it was called."""

    def __init__(self, model: DetectorModel) -> None:
        self.model, self.found, self.calls, self.closed = model, (), 0, False
        self.runtime = "fake"

    found: tuple[Detection, ...]

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        self.calls += 1
        return self.found

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        return self.model

    def close(self) -> None:
        self.closed = True


class Rig:
    """An AutoDetector over two fakes, at ten frames a second."""

    def __init__(self) -> None:
        self.near, self.far = Fake(DetectorModel.NEAR), Fake(DetectorModel.FAR)
        self.opened: list[DetectorModel] = []
        self.auto, self.tick_s = AutoDetector(self._open, sure_from=0.6), 0.0

    def _open(self, model: DetectorModel) -> FaceDetector:
        self.opened.append(model)
        return self.near if model is DetectorModel.NEAR else self.far

    def run(self, seconds: float) -> list[tuple[Detection, ...]]:
        """What is found in the next frames."""
        found = []
        for _ in range(round(seconds * 10)):
            found.append(self.auto(PICTURE, self.tick_s))
            self.tick_s += 0.1
        return found

    def set(self, near: tuple[Detection, ...], far: tuple[Detection, ...]) -> None:
        self.near.found, self.far.found = near, far


@pytest.fixture
def rig() -> Rig:
    """Both detectors find the face."""
    rig = Rig()
    rig.set(NEAR, FAR)
    return rig


def test_while_near_finds_a_face_far_is_not_even_loaded(rig: Rig) -> None:
    assert rig.run(10) == [NEAR] * 100
    assert rig.opened == [DetectorModel.NEAR]


def test_far_takes_over_where_near_found_nobody_for_a_second(rig: Rig) -> None:
    rig.run(3)
    rig.set((), FAR)
    found = rig.run(3)
    assert found[:9] == [()] * 9
    assert found[13:] == [FAR] * 17
    assert rig.auto.bare(PICTURE) == DetectorModel.FAR


def test_near_comes_back_once_it_surely_finds_the_face_again(rig: Rig) -> None:
    rig.run(1)
    rig.set((), FAR)
    rig.run(3)
    rig.set(NEAR, FAR)
    found = rig.run(6)
    assert all(found), "the face is never lost in between"
    assert found[:20] == [FAR] * 20
    assert found[-20:] == [NEAR] * 20


def test_at_the_limit_of_nears_reach_far_stays(rig: Rig) -> None:
    rig.run(1)
    rig.set((), FAR)
    rig.run(3)
    for near in (NEAR, (), NEAR, (), NEAR, ()):
        rig.set(near, FAR)
        assert rig.run(1.3) == [FAR] * 13


def test_somebody_elses_face_or_a_doubtful_one_does_not_bring_near_back(rig: Rig) -> None:
    rig.run(1)
    rig.set((), FAR)
    rig.run(3)
    for near in ((face(500.0, 120.0),), (Detection(NEAR[0].box, NEAR[0].keypoints, 0.55),)):
        rig.set(near, FAR)
        assert rig.run(6) == [FAR] * 60


def test_a_face_of_which_near_is_in_doubt_is_looked_for_far(rig: Rig) -> None:
    doubtful = (Detection(NEAR[0].box, NEAR[0].keypoints, 0.55),)
    rig.run(1)
    rig.set(doubtful, ())
    assert rig.run(5) == [doubtful] * 50
    rig.set(doubtful, FAR)
    assert rig.run(3)[-20:] == [FAR] * 20
    assert rig.auto(PICTURE) == FAR


def test_an_empty_room_costs_two_looks_far_a_second(rig: Rig) -> None:
    rig.set((), ())
    assert not any(rig.run(20))
    assert rig.near.calls == 200
    assert 30 <= rig.far.calls <= 42


def test_a_false_alarm_of_far_in_one_frame_or_a_doubtful_one_is_not_reported(rig: Rig) -> None:
    rig.set((), ())
    rig.run(2)
    calls = rig.far.calls
    rig.set((), FAR)
    while rig.far.calls == calls:
        assert rig.run(0.1) == [()]
    rig.set((), ())
    assert not any(rig.run(3))
    rig.set((), (Detection(FAR[0].box, FAR[0].keypoints, 0.55),))
    assert not any(rig.run(5))


def test_when_far_finds_nobody_for_a_second_near_looks_again(rig: Rig) -> None:
    rig.set((), FAR)
    rig.run(3)
    rig.set((), ())
    rig.run(2)
    assert rig.auto.bare(PICTURE) == DetectorModel.NEAR
    rig.set(NEAR, ())
    assert rig.run(0.2) == [NEAR] * 2


def test_a_picture_on_its_own_and_the_first_of_a_sequence_are_looked_at_near_and_far(rig: Rig) -> None:
    rig.set((), FAR)
    assert rig.auto(PICTURE) == FAR
    assert rig.auto(PICTURE, 0.0) == FAR
    assert rig.auto(PICTURE, 0.1) == ()
    assert rig.auto(PICTURE, 0.0) == FAR, "ticks began again"
    rig.set(NEAR, FAR)
    assert rig.auto(PICTURE) == NEAR
    rig.set((), (Detection(FAR[0].box, FAR[0].keypoints, 0.55),))
    assert rig.auto(PICTURE) == ()


def test_both_are_closed(rig: Rig) -> None:
    rig.set((), ())
    rig.run(1)
    rig.auto.close()
    assert (rig.near.closed, rig.far.closed) == (True, True)


@pytest.fixture(scope="module")
def auto() -> Iterator[FaceDetector]:
    """The real one."""
    with face_detector(DetectorModel.AUTO) as opened:
        yield opened


def at_distance(share: float) -> NDArray[np.uint8]:
    """The demo's face in a picture of 1280x720, its whole picture shrunk to a share of the height."""
    scene = np.full((720, 1280, 3), 170, np.uint8)
    height = round(720 * share)
    small: Any = cv2.resize(picture(30), (height * 4 // 3, height), interpolation=cv2.INTER_AREA)
    scene[40 : 40 + height, 400 : 400 + small.shape[1]] = small
    return scene


def test_a_person_who_walks_away_and_comes_back_is_found_all_the_way(auto: FaceDetector) -> None:
    shares = [0.9] * 10 + [0.3] * 40 + [0.9] * 50  # ten frames a second
    found = [auto(at_distance(share), step / 10) for step, share in enumerate(shares)]
    lost = [step for step, faces in enumerate(found) if not faces]
    assert lost == list(range(10, lost[-1] + 1)), "near alone finds nobody at that distance"
    assert lost[-1] < 25
    assert found[40][0].box.width < 120
    with face_detector(DetectorModel.NEAR) as near:
        assert near(at_distance(0.3)) == ()
        assert found[-1] == near(at_distance(0.9))
