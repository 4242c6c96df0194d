"""A reading, or the reason why there is none, as people see it."""

from typing import Final

from edge.core.readings import Observation, Reading, Unreadable

_NOW: Final = {
    Unreadable.NO_FACE: "No face",
    Unreadable.TOO_SMALL: "Face too small: come closer",
    Unreadable.TOO_DARK: "Face too dark: more light",
    Unreadable.BLURRED: "Face blurred",
    Unreadable.TURNED_AWAY: "Face turned away",
    Unreadable.NOT_SURE: "Not sure",
    Unreadable.NO_SIGNAL: "Picture black, or lens covered",
    Unreadable.NO_FRAMES: "No picture",
}

_HINTS: Final = {
    Unreadable.NO_FACE: "Sit in front of the camera",
    Unreadable.TOO_SMALL: "Come closer",
    Unreadable.TOO_DARK: "More light, please",
    Unreadable.BLURRED: "Hold still",
    Unreadable.TURNED_AWAY: "Turn to the camera",
    Unreadable.NOT_SURE: "One moment",
    Unreadable.NO_SIGNAL: "The camera is covered",
    Unreadable.NO_FRAMES: "No picture",
}

AFTERWARDS: Final = {
    Unreadable.NO_FACE: "no face",
    Unreadable.TOO_SMALL: "face too small",
    Unreadable.TOO_DARK: "too dark",
    Unreadable.BLURRED: "blurred",
    Unreadable.TURNED_AWAY: "turned away",
    Unreadable.NOT_SURE: "not sure",
    Unreadable.NO_SIGNAL: "black or covered",
    Unreadable.NO_FRAMES: "no picture",
}


def label(observation: Observation) -> str:
    """The level and its confidence, as `Balanced Expression: 0.87`, or what keeps the face from being read."""
    if observation.reading is not None:
        return f"{observation.reading.level.display_name}: {observation.reading.confidence:.2f}"
    return _NOW[observation.unreadable or Unreadable.NO_FRAMES]


def hint(observation: Observation) -> str:
    """What a person at a booth can do so that the face can be read."""
    return _HINTS[observation.unreadable or Unreadable.NO_FRAMES]


def gauge(reading: Reading) -> str:
    """The percentile of the score and its place in the three zones, as `84/100 [---|---|-*-]`."""
    cells = list("---------")
    cells[min(int(reading.percentile / 100 * len(cells)), len(cells) - 1)] = "*"
    zones = "|".join("".join(cells[first : first + 3]) for first in (0, 3, 6))
    return f"{reading.percentile:.0f}/100 [{zones}]"
