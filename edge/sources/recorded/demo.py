"""The demo: a drawn face with a fixed schedule of expressions, the same in every run."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from threading import Event
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame
from edge.sources.lease import Lease
from edge.sources.recorded.drawn_face import (
    HEIGHT_PX,
    NEUTRAL,
    SMILE,
    SURPRISE,
    WIDTH_PX,
    Expression,
    background,
    draw_face,
)
from edge.sources.recorded.reel import Reel

FRAMES_PER_S: Final = 25
SIZE_PX: Final = (640, 480)  # width, height
TIMETABLE: Final = ((0.0, "neutral"), (4.0, "smile"), (8.0, "surprise"), (12.0, "gone"), (16.0, "back"))
ROUND_S: Final = 20.0

_EXPRESSIONS: Final = {"neutral": NEUTRAL, "smile": SMILE, "surprise": SURPRISE, "gone": None, "back": NEUTRAL}
_CHANGE_FRAMES: Final = 10
_BLINKS: Final = {55: 0.4, 56: 0.0, 57: 0.0, 58: 0.5, 445: 0.4, 446: 0.0, 447: 0.0, 448: 0.5}  # frame: how far open
_MARGIN: Final = 20  # the wall is larger than the picture, so that it can sway
_NOISE: Final = 5


@dataclass(frozen=True, slots=True)
class DemoSource:
    """A drawn face without end, 640x480, 25 frames a second of media time.

    With `realtime` also of real time, and then its frames have the date at which they are drawn.
    """

    realtime: bool = True

    @property
    def name(self) -> str:
        """`demo`."""
        return "demo"

    @property
    def live(self) -> bool:
        """False: every frame is read."""
        return False

    @contextmanager
    def open(self, stop: Event, lease: Lease | None = None) -> Iterator[Iterator[Frame]]:
        """Yield frames until `stop` is set; each picture depends only on its index."""
        yield self._frames(stop)

    def _frames(self, stop: Event) -> Iterator[Frame]:
        reel, started_s = Reel(datetime.now(UTC) if self.realtime else None), time.monotonic()
        for index in count():
            tick_s = index / FRAMES_PER_S
            if self.realtime:
                stop.wait(max(0.0, started_s + tick_s - time.monotonic()))
            if stop.is_set():
                return
            yield reel.frame(picture(index), tick_s)


def phase(tick_s: float) -> str:
    """Return the phase at a media time in seconds: neutral, smile, surprise, gone or back."""
    return next(name for start_s, name in reversed(TIMETABLE) if start_s <= tick_s % ROUND_S)


def picture(index: int) -> NDArray[np.uint8]:
    """Return the picture of the frame with an index, (480, 640, 3) RGB, uint8."""
    width, height = SIZE_PX
    turn = 2 * math.pi * index / (FRAMES_PER_S * ROUND_S)
    left, top = _MARGIN + round(14 * math.sin(5 * turn)), _MARGIN + round(5 * math.sin(8 * turn))
    at = (index * 37) % 97, (index * 61) % 89  # where the noise is cut out
    noise = _noise()[at[0] : at[0] + height, at[1] : at[1] + width]
    expression = _expression(index % round(FRAMES_PER_S * ROUND_S))
    scene = _wall() if expression is None else _scene(expression)
    return np.asarray(cv2.add(scene[top : top + height, left : left + width], noise), np.uint8)


def _expression(index: int) -> Expression | None:
    starts = [round(start_s * FRAMES_PER_S) for start_s, _ in TIMETABLE]
    now = max(place for place, start in enumerate(starts) if start <= index)
    wanted, before = (_EXPRESSIONS[TIMETABLE[place][1]] for place in (now, now - 1))
    if wanted is None:
        return None
    share = min(1.0, (index - starts[now] + 1) / _CHANGE_FRAMES)
    shown = wanted if before is None else before.towards(wanted, share * share * (3 - 2 * share))
    if index in _BLINKS:
        return Expression(_BLINKS[index])
    return shown


@lru_cache(maxsize=1)
def _wall() -> NDArray[np.uint8]:
    return background(SIZE_PX[1] + 2 * _MARGIN, SIZE_PX[0] + 2 * _MARGIN)


@lru_cache(maxsize=64)
def _scene(expression: Expression) -> NDArray[np.uint8]:
    """The wall with the face in front of it."""
    scene = _wall().copy()
    top, left = scene.shape[0] - HEIGHT_PX, (scene.shape[1] - WIDTH_PX) // 2
    here = scene[top:, left : left + WIDTH_PX]
    here[:] = draw_face(here, expression)
    return scene


@lru_cache(maxsize=1)
def _noise() -> NDArray[np.uint8]:
    """A sensor's noise, larger than the picture, so that every frame cuts out its own."""
    return np.random.default_rng(0).integers(0, _NOISE, (SIZE_PX[1] + 97, SIZE_PX[0] + 89, 3), np.uint8)
