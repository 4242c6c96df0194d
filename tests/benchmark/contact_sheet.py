"""A picture of what is read in recordings: 24 frames with their readings, and the levels over time.

`python -m tests.benchmark.contact_sheet CLIP... --out sheet.png`. To compare with another checkout, run this file there
with `--csv before.csv`, and here with `--before before.csv`.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

import edge

_FRAMES: Final = 24
_COLUMNS: Final = 6
_SIDE, _HEAD, _STRIP, _LEFT = (240, 150), 34, 46, 150  # pixels
_COLOURS: Final = {"reserved": (190, 120, 60), "balanced": (90, 170, 90), "expressive": (50, 110, 230)}  # BGR
_GREY, _INK = (200, 200, 200), (30, 30, 30)
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read in one frame; `level` is a level, or the reason why there is none."""

    clip: str
    tick_s: float
    level: str
    score: float
    confidence: float


def read(clips: Sequence[Path]) -> tuple[list[Seen], list[Picture]]:
    """Read every frame of the clips; the pictures are thumbnails, in the same order."""
    seen: list[Seen] = []
    pictures: list[Picture] = []
    for clip in clips:
        with edge.Watcher() as watcher:
            for event in watcher.events(str(clip)):
                if isinstance(event, edge.FrameRead):
                    seen.append(_seen(clip.name, event.observation))
                    small = cv2.resize(event.frame.rgb[..., ::-1], _SIDE, interpolation=cv2.INTER_AREA)
                    pictures.append(np.asarray(small, np.uint8))
    return seen, pictures


def _seen(clip: str, observation: edge.Observation) -> Seen:
    reading = observation.reading
    if reading is None:
        return Seen(clip, observation.tick_s, str(observation.unreadable), 0.0, 0.0)
    return Seen(clip, observation.tick_s, reading.level.value, reading.score, reading.confidence)


def sheet(seen: Sequence[Seen], pictures: Sequence[Picture], before: Sequence[Seen]) -> Picture:
    """Draw the frames, and below them a strip of levels for each clip, before and after."""
    chosen = np.linspace(0, len(seen) - 1, _FRAMES).round().astype(int)
    cells = [_cell(seen[at], pictures[at]) for at in chosen]
    rows = [np.hstack(cells[first : first + _COLUMNS]) for first in range(0, _FRAMES, _COLUMNS)]
    width = rows[0].shape[1]
    strips = []
    for clip in dict.fromkeys(one.clip for one in seen):
        for name, frames in (("before", before), ("after", seen)):
            if own := [one for one in frames if one.clip == clip]:
                strips.append(_strip(f"{clip[:13]} {name}", own, width))
    return np.asarray(np.vstack([*rows, *strips]), np.uint8)


def _cell(one: Seen, picture: Picture) -> Picture:
    head = np.full((_HEAD, _SIDE[0], 3), 255, np.uint8)
    figures = f"{one.score:+.2f}  {one.confidence:.2f}" if one.level in _COLOURS else ""
    _write(head, f"{one.tick_s:5.2f} s  {one.level}  {figures}", (4, 14))
    cv2.rectangle(head, (0, 22), (_SIDE[0], _HEAD), _COLOURS.get(one.level, _GREY), cv2.FILLED)
    return np.vstack([picture, head])


def _strip(name: str, frames: Sequence[Seen], width: int) -> Picture:
    drawn = np.full((_STRIP, width, 3), 255, np.uint8)
    levels = [one.level for one in frames if one.level in _COLOURS]
    changes = sum(one != other for one, other in pairwise(levels))
    _write(drawn, name, (4, 18))
    _write(drawn, f"level changes: {changes}", (4, 36))
    ends = np.linspace(_LEFT, width, len(frames) + 1).round().astype(int)
    for one, (left, right) in zip(frames, pairwise(ends), strict=True):
        cv2.rectangle(drawn, (int(left), 4), (int(right), _STRIP - 4), _COLOURS.get(one.level, _GREY), cv2.FILLED)
    return drawn


def _write(picture: Picture, text: str, at: tuple[int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)


def _write_csv(path: Path, seen: Sequence[Seen]) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([one.clip, one.tick_s, one.level, one.score, one.confidence] for one in seen)


def _read_csv(path: Path) -> list[Seen]:
    with path.open(newline="") as file:
        rows: Any = csv.reader(file)
        return [Seen(row[0], float(row[1]), row[2], float(row[3]), float(row[4])) for row in rows]


def main() -> None:
    """Read the clips and write what is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, help="the picture")
    parser.add_argument("--csv", type=Path, help="the readings, for --before of another checkout")
    parser.add_argument("--before", type=Path, help="readings of another checkout")
    given = parser.parse_args()
    seen, pictures = read(given.clips)
    if given.csv is not None:
        _write_csv(given.csv, seen)
    if given.out is not None:
        before = [] if given.before is None else _read_csv(given.before)
        cv2.imwrite(str(given.out), sheet(seen, pictures, before))


if __name__ == "__main__":
    main()
