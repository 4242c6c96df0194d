"""`--detect-every 2` leaves out every second frame, and only of faces that hardly move."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import Config
from edge.core.face.detection import Detection
from edge.run.assemble import chosen_source, loaded_models, new_observer
from edge.vision.detection.carried import CarriedDetector
from tests.fakes import PICTURE, face

SIDE = 100.0
TICKS = [step / 20 for step in range(20)]
Found = list[tuple[Detection, ...]]
At = Callable[[float], tuple[Detection, ...]]


class Scripted:
    """Finds what a function of the tick returns, and notes the ticks at which it was run."""

    def __init__(self, at: At) -> None:
        self.runtime, self.closed = "fake", False
        self.at = at
        self.ticks: list[float | None] = []

    def __call__(self, rgb: NDArray[np.uint8], tick_s: float | None = None) -> tuple[Detection, ...]:
        self.ticks.append(tick_s)
        return self.at(tick_s or 0.0)

    def bare(self, rgb: NDArray[np.uint8]) -> object:
        return None

    def close(self) -> None:
        self.closed = True


def watched(at: At, ticks: Sequence[float] = TICKS) -> tuple[Found, list[float | None]]:
    """What is found at each tick, and the ticks at which the network ran."""
    script = Scripted(at)
    carried = CarriedDetector(script)
    return [carried(PICTURE, tick_s) for tick_s in ticks], script.ticks


def test_of_a_face_at_rest_every_second_frame_is_left_out() -> None:
    found, ran = watched(lambda _: (face(200, SIDE),))
    assert found == [(face(200, SIDE),)] * 20
    assert ran == [TICKS[0], *TICKS[1::2]]


def test_a_face_that_moves_slowly_is_carried_on_as_its_points_move() -> None:
    def at(tick_s: float) -> tuple[Detection, ...]:
        return (face(200 + 20 * tick_s, SIDE),)

    found, ran = watched(at)
    assert len(ran) == 11
    for tick_s, (seen,) in zip(TICKS, found, strict=True):
        assert seen.box.left == pytest.approx(at(tick_s)[0].box.left, abs=0.01)
        assert seen.keypoints.nose_tip == pytest.approx(at(tick_s)[0].keypoints.nose_tip, abs=0.01)


def test_a_face_that_moves_more_is_detected_in_every_frame() -> None:
    found, ran = watched(lambda tick_s: (face(200 + 120 * tick_s, SIDE),))  # 6 % of its side in a frame
    assert ran == TICKS
    assert found[-1] == (face(200 + 120 * TICKS[-1], SIDE),)


def test_a_face_that_comes_or_goes_is_seen_one_frame_late_at_most() -> None:
    def at(tick_s: float) -> tuple[Detection, ...]:
        return (face(200, SIDE), face(500, SIDE))[: 1 if tick_s < 0.4 else 2 if tick_s < 0.7 else 0]

    found, _ = watched(at)
    for change_s in (0.4, 0.7):
        number = next(index for index, tick_s in enumerate(TICKS) if tick_s >= change_s)
        assert found[number + 1] == at(change_s)
    assert found[-1] == ()


def test_slow_sequences_gaps_and_empty_pictures_are_detected_frame_by_frame() -> None:
    slow, gap = [step / 5 for step in range(10)], [0.0, 0.05, 5.0, 5.05]
    assert watched(lambda _: (face(200, SIDE),), slow)[1] == slow
    assert watched(lambda _: (face(200, SIDE),), gap)[1] == gap
    assert watched(lambda _: ())[1] == TICKS


def test_pictures_on_their_own_and_of_another_size_are_detected() -> None:
    script = Scripted(lambda _: (face(200, SIDE),))
    carried = CarriedDetector(script)
    for tick_s in (None, None, None, 0.0, 0.05):
        carried(PICTURE, tick_s)
    carried(PICTURE[:300], 0.1)
    assert script.ticks == [None, None, None, 0.0, 0.05, 0.1]
    carried.close()
    assert script.closed


def test_half_the_detections_of_a_clip_give_the_same_levels_and_almost_the_same_scores(clips: Path) -> None:
    readings = []
    for every in (1, 2):
        config = Config(source=str(clips / "single_face.mp4"), detect_every=every)
        with loaded_models(config) as models, chosen_source(config).open(Event()) as frames:
            observe = new_observer(config, models)
            readings.append([observe(frame).reading for frame in frames])
    pairs = [(one, other) for one, other in zip(*readings, strict=True) if one and other]
    assert len(pairs) == 72
    assert sum(one.level == other.level for one, other in pairs) >= 70
    assert 0 < max(abs(one.score - other.score) for one, other in pairs) < 0.2
