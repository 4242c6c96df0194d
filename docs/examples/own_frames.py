"""Reads frames that the calling program takes itself, here by OpenCV: `python own_frames.py VIDEO`.

`observe` keeps the participant and smooths the readings from frame to frame, so one Watcher belongs to one video.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cv2

import edge


def frames_of(path: str) -> Iterator[edge.Frame]:
    """The frames of a video, with the time at which each is shown."""
    video = cv2.VideoCapture(path)
    fps = video.get(cv2.CAP_PROP_FPS) or 25
    began_at = datetime.now(UTC)
    number = 0
    while True:
        there, bgr = video.read()
        if not there:
            break
        tick_s = number / fps
        yield edge.Frame(bgr[..., ::-1].copy(), tick_s, began_at + timedelta(seconds=tick_s))
        number += 1
    video.release()


def main(path: str) -> None:
    """Print a line whenever the level of expressiveness changes."""
    last = None
    with edge.Watcher() as watcher:
        for frame in frames_of(path):
            observation = watcher.observe(frame)
            found = observation.reading.level if observation.reading else observation.unreadable
            if found != last:
                print(f"{observation.tick_s:7.2f} s  {found}")
                last = found


if __name__ == "__main__":
    main(sys.argv[1])
