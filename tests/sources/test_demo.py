"""The demo: its timetable, that it repeats itself exactly, and that a face detector sees what a person sees."""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from threading import Event
from typing import Any

import numpy as np
import pytest

from edge.sources.recorded.demo import FRAMES_PER_S, ROUND_S, TIMETABLE, DemoSource, phase, picture
from tests.timing import within


@pytest.fixture(scope="module")
def detector() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow", None)  # MediaPipe would load it for a documentation tag
        package = pytest.importorskip("mediapipe.python.solutions.face_detection", exc_type=ImportError)

    with package.FaceDetection(model_selection=0) as detection:
        yield detection


def test_timetable() -> None:
    assert [phase(at_s) for at_s in (0, 3.9, 4, 8, 12, 16, 19.9, 20, 25)] == [
        *("neutral", "neutral", "smile", "surprise", "gone", "back", "back", "neutral", "smile")
    ]


@pytest.mark.parametrize(("start_s", "name"), TIMETABLE)
def test_a_detector_sees_the_timetable(detector: Any, start_s: float, name: str) -> None:
    begin = round(start_s * FRAMES_PER_S)
    for index in (*range(begin, begin + 12, 2), *range(begin + 12, begin + 100, 11), 56, 446):
        if phase(index / FRAMES_PER_S) != name:
            continue
        found = detector.process(picture(index)).detections or []
        assert len(found) == (name != "gone"), f"frame {index}"
        assert all(face.score[0] >= 0.8 for face in found), f"frame {index}"


def test_the_same_every_time() -> None:
    with DemoSource(realtime=False).open(Event()) as frames:
        first = list(islice(frames, 130))
    with DemoSource(realtime=False).open(Event()) as frames:
        again = list(islice(frames, 130))
    assert all(np.array_equal(one.rgb, other.rgb) for one, other in zip(first, again, strict=True))
    assert [frame.tick_s for frame in first] == [index / 25 for index in range(130)]
    assert not np.array_equal(first[0].rgb, first[1].rgb), "it moves"


def test_a_picture_may_be_drawn_on() -> None:
    before = picture(7).copy()
    picture(7)[:] = 0
    assert np.array_equal(picture(7), before)


def test_expressions_differ() -> None:
    """Around the mouth: a smile shows teeth, surprise an open mouth."""
    mouths = [picture(round(at_s * FRAMES_PER_S) % round(ROUND_S * FRAMES_PER_S)) for at_s in (2, 6, 10)]
    neutral, smile, surprise = (rgb[350:440, 260:380].mean(axis=2) for rgb in mouths)
    assert (smile > 205).sum() > 3 * (neutral > 205).sum() + 200
    assert (surprise < 60).sum() > (neutral < 60).sum() + 500


def test_it_keeps_to_the_clock() -> None:
    next(DemoSource(realtime=False).open(Event()).__enter__())  # drawn once, for every test after it
    began_s = time.monotonic()
    with DemoSource().open(Event()) as frames:
        ticks = [frame.tick_s for frame in islice(frames, 11)]
    assert ticks[-1] == pytest.approx(0.4)
    assert 0.4 <= time.monotonic() - began_s < within(0.8)


def test_drawing_costs_little() -> None:
    for index in range(500):
        picture(index)
    began_s = time.process_time()
    for index in range(500):
        picture(index)
    assert (time.process_time() - began_s) / 500 < within(0.0015)
