"""The preview: the picture in a window, with the participant's box and the reading."""

from collections.abc import Callable
from math import isnan
from threading import Event
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.face.detection import Box
from edge.core.frames import Frame
from edge.core.rates import FrameRate
from edge.core.readings import Observation
from edge.display.labels import gauge, label
from edge.display.window import Window
from edge.host.clocks import Clock, SystemClock
from edge.run.events import FrameRead, SessionEnding, SessionEvent, SourceAway

_TITLE: Final = "edge"
_BOX, _OTHER = (240, 200, 0), (255, 255, 255)  # RGB; told apart by their brightness and width, too
_TEXT, _BACK = (255, 255, 255), (40, 40, 40)
_MARKED_S: Final = 2.0  # how long a marker is shown
_LOOK_S: Final = 0.05  # at the keyboard, while a recording's next picture is not due

Draw = Callable[[Frame, Observation, float], NDArray[np.uint8]]


class Preview:
    """Shows the events of a session in a window; a recording no faster than it was taken.

    Args:
        stop: Set where a person presses q or closes the window.
        clock: Gives the time; by default the system's.
        draw: Makes the picture of a frame, its observation and the frames a second (nan: not known yet).
        whole_screen: Whether the window covers the screen.
        mark: Called where a person presses m; returns what is shown of it for two seconds.
    """

    def __init__(
        self,
        stop: Event,
        clock: Clock | None = None,
        draw: Draw | None = None,
        *,
        whole_screen: bool = False,
        mark: Callable[[], str] = str,
    ) -> None:
        self._clock, self._rate, self._stop = clock or SystemClock(), FrameRate(), stop
        self._draw = draw or _with_boxes
        self._mark, self._marked = mark, ("", 0.0)  # what is shown of the last marker, and until which tick
        self._window = Window(_TITLE, close=stop.set, whole_screen=whole_screen, mark=self._set_marker)
        self._began: tuple[float, float] | None = None  # real time and the frame's tick of the first frame
        self._shape: tuple[int, ...] | None = None  # of the last picture

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._window.close()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event, and look at the keyboard."""
        match event:
            case FrameRead(frame=frame, observation=observation):
                self._await(frame.tick_s)
                self._shape = frame.rgb.shape
                picture = self._draw(frame, observation, self._rate.count(self._clock.tick_s()))
                marked, until_s = self._marked
                if self._clock.tick_s() < until_s:
                    _caption(picture, marked, below=True)
                self._window.show(picture)
            case SessionEnding():
                self._began = None
            case SourceAway(message=message):
                self._rate.clear()
                blank = np.zeros(self._shape or (360, 640, 3), np.uint8)  # the last picture would look live
                _caption(blank, f"No picture: {message}")
                self._window.show(blank)

    def _set_marker(self) -> None:
        self._marked = self._mark(), self._clock.tick_s() + _MARKED_S

    def _await(self, tick_s: float) -> None:
        """Wait until a recording's frame is due; a live one is due when it comes."""
        if self._began is None:
            self._began = self._clock.tick_s(), tick_s
        began_s, first_s = self._began
        while not self._stop.is_set() and (left_s := began_s + tick_s - first_s - self._clock.tick_s()) > 0:
            self._window.look()
            self._clock.wait(self._stop, min(left_s, _LOOK_S))


def _with_boxes(frame: Frame, observation: Observation, fps: float) -> NDArray[np.uint8]:
    """The picture with the faces' boxes and the reading as text."""
    picture = frame.rgb.copy()
    for other in observation.other_faces:
        _draw_box(picture, other.box, _OTHER, 1)
    if observation.participant is not None:
        _draw_box(picture, observation.participant.box, _BOX, 3)
    reading = observation.reading
    place = f"  {gauge(reading)}" if reading else ""
    emotion = f"  {reading.emotion}" if reading and reading.emotion else ""
    _caption(picture, f"{label(observation)}{place}{emotion}" + ("" if isnan(fps) else f"  {fps:.0f} fps"))
    return picture


def _draw_box(picture: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], width_px: int) -> None:
    corner, far = (int(box.left), int(box.top)), (int(box.left + box.width), int(box.top + box.height))
    cv2.rectangle(picture, corner, far, colour, width_px, cv2.LINE_AA)


def _caption(picture: NDArray[np.uint8], text: str, *, below: bool = False) -> None:
    scale = max(picture.shape[1] / 960, 0.4)
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    scale *= min(1.0, (picture.shape[1] - 16) / wide)  # a long line in a narrow picture is smaller, not cut
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    top = picture.shape[0] - height - 16 if below else 0
    cv2.rectangle(picture, (0, top), (width + 16, top + height + 16), _BACK, cv2.FILLED)
    cv2.putText(picture, text, (8, top + height + 8), cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, 1, cv2.LINE_AA)
