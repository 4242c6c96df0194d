"""The preview without a window: when pictures are shown, and what a booth's picture has on it."""

from dataclasses import replace
from threading import Event
from typing import Any

import numpy as np
import pytest

from edge.core.labels import Level
from edge.core.readings import Observation, Unreadable
from edge.display.booth_picture import booth_picture
from edge.display.labels import hint
from edge.display.preview import Preview
from edge.run.events import FrameRead, SessionEnding
from tests.fakes import Hands, frame, observe, reading


class Shown:
    """Stands for the window: notes when it was given a picture."""

    def __init__(self, clock: Hands) -> None:
        self.at_s: list[float] = []
        self._clock = clock
        self.press_m = lambda: None
        self.last: Any = None

    def show(self, picture: Any) -> None:
        self.last = picture
        self.at_s.append(round(self._clock.tick - 1000, 6))

    def look(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def window(clock: Hands, monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown = Shown(clock)

    def opened(*_: Any, mark: Any, **__: Any) -> Shown:
        shown.press_m = mark
        return shown

    monkeypatch.setattr("edge.display.preview.Window", opened)
    return shown


def test_a_recording_is_shown_no_faster_than_it_was_taken(clock: Hands, window: Shown) -> None:
    preview = Preview(Event(), clock)
    for _ in range(2):  # two recordings, each from its own beginning
        for tick_s in (5.0, 5.04, 6.5):
            preview(FrameRead(frame(tick_s), observe(frame(tick_s))))
        preview(SessionEnding())
    assert window.at_s == pytest.approx([0, 0.04, 1.5, 1.5, 1.54, 3.0])


def test_a_stop_ends_the_waiting(clock: Hands, window: Shown) -> None:
    stop = Event()
    preview = Preview(stop, clock)
    preview(FrameRead(frame(0.0), observe(frame(0.0))))
    clock.at.append((1001.0, stop.set))
    preview(FrameRead(frame(3600.0), observe(frame(3600.0))))
    assert window.at_s[-1] == pytest.approx(1.0, abs=0.1)


def test_a_marker_is_shown_for_two_seconds(clock: Hands, window: Shown) -> None:
    preview = Preview(Event(), clock, lambda seen, *_: seen.rgb.copy(), mark=lambda: "Set: mark 1")
    changed = []
    for tick_s in (0.0, 1.0, 2.5, 4.0):
        if tick_s == 1.0:
            window.press_m()
        preview(FrameRead(frame(tick_s), observe(frame(tick_s))))
        places = np.argwhere((window.last != frame(0.0).rgb).any(axis=2))
        changed.append(len(places) > 0 and int(places[:, 0].min()) > 300)
    assert changed == [False, True, False, False]


def test_a_booths_picture_is_mirrored_with_the_level_below(clock: Hands) -> None:
    seen = frame(0.0)
    left = replace(
        seen, rgb=np.where(np.arange(800)[:, None] < 400, 255, 0).astype(np.uint8) * np.ones((400, 1, 3), np.uint8)
    )
    shown = booth_picture(left, observe(left), 25.0)
    assert shown.shape[0] > 720
    assert (shown[300, 100].max(), shown[300, -100].min()) == (0, 255)
    places = []
    for level in Level:
        observation = replace(observe(left), reading=reading(level))
        band = booth_picture(left, observation, 25.0)[720:]
        yellow = np.argwhere((band == (240, 228, 66)).all(axis=2))
        places.append(yellow[:, 1].mean() / band.shape[1])
    assert places[0] < 1 / 3 < places[1] < 2 / 3 < places[2]


@pytest.mark.parametrize("why", list(Unreadable))
def test_what_cannot_be_read_has_a_hint(why: Unreadable) -> None:
    nothing = Observation(0.0, None, None, 0, None, why)
    assert hint(nothing)
    assert not (booth_picture(frame(0.0), nothing, 25.0)[720:] == (240, 228, 66)).all(axis=2).any()
