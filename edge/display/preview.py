"""The preview: the picture in a window, with the participant's box and what is read."""

import os
import subprocess
import sys
from threading import Event
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame
from edge.core.readings import Observation
from edge.display.live_line import FrameRate, label

_TITLE = "edge"
_BOX, _TEXT, _BACK = (80, 220, 120), (255, 255, 255), (40, 40, 40)


def screen_present() -> bool:
    """Whether a window can be opened here; asked of a process of its own, because Qt ends the one that asks in vain."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    ask = "import cv2; cv2.namedWindow('edge'); cv2.destroyAllWindows()"
    try:
        asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


class Preview:
    """Shows frames; q, or closing the window, sets `stop`."""

    def __init__(self, stop: Event) -> None:
        self._stop, self._rate = stop, FrameRate()
        # GUI_NORMAL: without Qt's tool bar, whose buttons would save the picture.
        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._sized = False

    def __call__(self, frame: Frame, seen: Observation) -> None:
        """Show one frame and look at the keyboard."""
        if not self._sized:
            cv2.resizeWindow(_TITLE, frame.rgb.shape[1], frame.rgb.shape[0])
            self._sized = True
        picture = np.ascontiguousarray(frame.rgb[..., ::-1])
        if seen.participant is not None:
            box = seen.participant.box
            corner, far = (int(box.left), int(box.top)), (int(box.left + box.width), int(box.top + box.height))
            cv2.rectangle(picture, corner, far, _BOX, 2, cv2.LINE_AA)
        emotion = f"  {seen.reading.emotion}" if seen.reading and seen.reading.emotion else ""
        _caption(picture, f"{label(seen)}{emotion}  {self._rate.count():.0f} fps")
        cv2.imshow(_TITLE, picture)
        key = cv2.waitKey(1) & 0xFF
        if key == ord("q") or cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) < 1:
            self._stop.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        cv2.destroyAllWindows()


def _caption(picture: NDArray[np.uint8], words: str) -> None:
    scale = max(picture.shape[1] / 960, 0.4)
    (width, height), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    cv2.rectangle(picture, (0, 0), (width + 16, height + 16), _BACK, cv2.FILLED)
    cv2.putText(picture, words, (8, height + 8), cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, 1, cv2.LINE_AA)
