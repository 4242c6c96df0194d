"""The picture as a booth shows it: mirrored, with a bar of the level and large words, or what to do."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.frames import Frame
from edge.core.labels import LEVELS
from edge.core.readings import Observation
from edge.display.labels import hint

_PAPER, _TEXT = (16, 22, 30), (255, 255, 255)  # RGB
_ZONES: Final = ((159, 182, 207), (79, 134, 184), (18, 63, 109))  # light to dark, also without colours
_HERE: Final = (240, 228, 66)  # yellow: far from all of them, to colour-blind people too
_BAND: Final = 0.24  # of the height
_HEIGHT_PX: Final = 720  # least; words on a smaller picture would be coarse


def booth_picture(frame: Frame, observation: Observation, _fps: float) -> NDArray[np.uint8]:
    """Return the picture, mirrored, at least 720 px high, with a band below it.

    Args:
        frame: The picture.
        observation: What was read in it.
    """
    share = max(1.0, _HEIGHT_PX / frame.rgb.shape[0])
    picture = cv2.flip(cv2.resize(frame.rgb, None, fx=share, fy=share), 1)
    height, width = picture.shape[:2]
    band = round(height * _BAND)
    canvas = np.concatenate([np.asarray(picture, np.uint8), np.full((band, width, 3), _PAPER, np.uint8)])
    edge_px, bar_px = width // 20, band // 4
    if observation.reading is None:
        _words(canvas, hint(observation), (edge_px, height + band * 2 // 3), width - 2 * edge_px)
        return canvas
    _bar(canvas, observation.reading.percentile, (edge_px, height + band // 8), (width - 2 * edge_px, bar_px))
    _words(canvas, observation.reading.level.display_name, (edge_px, height + band * 7 // 8), width - 2 * edge_px)
    return canvas


def _bar(picture: NDArray[np.uint8], percentile: float, corner: tuple[int, int], size: tuple[int, int]) -> None:
    (left, top), (width, height) = corner, size
    for place, colour in enumerate(_ZONES):
        begin, end = left + width * place // len(LEVELS), left + width * (place + 1) // len(LEVELS)
        cv2.rectangle(picture, (begin, top), (end - 4, top + height), colour, cv2.FILLED)
    at = left + round(width * percentile / 100)
    cv2.rectangle(picture, (at - 7, top - 8), (at + 7, top + height + 8), _PAPER, cv2.FILLED)
    cv2.rectangle(picture, (at - 4, top - 8), (at + 4, top + height + 8), _HERE, cv2.FILLED)


def _words(picture: NDArray[np.uint8], text: str, corner: tuple[int, int], width: int) -> None:
    """Write as large as fits, up to a bound."""
    scale = picture.shape[0] / 480
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    scale *= min(1.0, width / wide)
    thick = max(1, round(scale * 2))
    cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, thick, cv2.LINE_AA)
