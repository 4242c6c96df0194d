"""The preview: the picture in a window, with the participant's box and the reading."""

from math import isnan
from threading import Event
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.faces import Box
from edge.core.frames import Frame
from edge.core.rates import FrameRate
from edge.core.readings import Observation
from edge.display.labels import gauge, label
from edge.display.window import Window
from edge.host.clocks import Clock, SystemClock
from edge.run.events import FrameRead, SessionEvent, SourceAway

_TITLE: Final = "edge"
_BOX, _OTHER, _TEXT, _BACK = (120, 220, 80), (170, 170, 170), (255, 255, 255), (40, 40, 40)  # RGB


class Preview:
    """Shows the events of a session in a window.

    Args:
        stop: Set where a person presses q or closes the window.
        clock: Gives the time; by default the system's.
    """

    def __init__(self, stop: Event, clock: Clock | None = None) -> None:
        self._clock, self._rate = clock or SystemClock(), FrameRate()
        self._window = Window(_TITLE, close=stop.set)
        self._shape: tuple[int, ...] | None = None  # of the last picture

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._window.close()

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event, and look at the keyboard."""
        match event:
            case FrameRead(frame=frame, observation=observation):
                self._window.show(self._drawn(frame, observation))
            case SourceAway(message=message):
                self._rate.clear()
                blank = np.zeros(self._shape or (360, 640, 3), np.uint8)  # the last picture would look live
                _caption(blank, f"No picture: {message}")
                self._window.show(blank)

    def _drawn(self, frame: Frame, observation: Observation) -> NDArray[np.uint8]:
        self._shape = frame.rgb.shape
        picture = frame.rgb.copy()
        for other in observation.other_faces:
            _draw_box(picture, other.box, _OTHER, 1)
        if observation.participant is not None:
            _draw_box(picture, observation.participant.box, _BOX, 2)
        reading = observation.reading
        place = f"  {gauge(reading)}" if reading else ""
        emotion = f"  {reading.emotion}" if reading and reading.emotion else ""
        fps = self._rate.count(self._clock.tick_s())
        _caption(picture, f"{label(observation)}{place}{emotion}" + ("" if isnan(fps) else f"  {fps:.0f} fps"))
        return picture


def _draw_box(picture: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], width_px: int) -> None:
    corner, far = (int(box.left), int(box.top)), (int(box.left + box.width), int(box.top + box.height))
    cv2.rectangle(picture, corner, far, colour, width_px, cv2.LINE_AA)


def _caption(picture: NDArray[np.uint8], text: str) -> None:
    scale = max(picture.shape[1] / 960, 0.4)
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    cv2.rectangle(picture, (0, 0), (width + 16, height + 16), _BACK, cv2.FILLED)
    cv2.putText(picture, text, (8, height + 8), cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, 1, cv2.LINE_AA)
