"""Recordings synthesised by a known rule, for trials of loader, training, conversion and runtime without real data.

The rule: a person's face is one shape of random points. In each segment the points of the mouth move up and down as a
sine of random phase, with a frequency drawn evenly from 0.2 to 1.4 Hz. The segment is labelled 1 with the probability
1 / (1 + exp((0.8 - frequency) / 0.1)), else 0. Every coordinate has noise, and frames without a mesh are drawn at
random. No single frame holds the label, and no classifier can be right on more than 0.884 of the segments: the mean of
the larger of both probabilities. It says nothing about stress.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.face.landmarks import FEATURES, POINTS
from edge.evaluation.segments import TABLE
from models.files import writing

BEST_ACCURACY: Final = 0.884
_FREQUENCIES_HZ, _MIDDLE_HZ, _SPREAD_HZ = (0.2, 1.4), 0.8, 0.1
_AMPLITUDE, _SHAPE, _NOISE = 0.05, 0.05, 0.01  # in distances between the eyes
_MOVING: Final = np.arange(0, POINTS, 10)  # stand for the mouth: every tenth point
_FPS: Final = 4.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """How much is synthesised."""

    people: int = 50
    segments: int = 8  # of a person
    length_s: float = 24.0  # of a segment
    missing: float = 0.15  # share of frames without a mesh
    seed: int = 0


def synthesise(out: Path, trial: Trial = Trial()) -> None:  # it is frozen
    """Write a folder of recordings with labelled segments.

    Raises:
        CannotWrite: It cannot be written.
    """
    rng = np.random.default_rng(trial.seed)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        with (out / TABLE).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("file", "person", "start_s", "end_s", "stress"))
            for person in range(trial.people):
                name, labels = f"person-{person:03}.npz", []
                face, pieces = rng.normal(0, _SHAPE, (POINTS, 3)), []
                for number in range(trial.segments):
                    piece, label = _segment(face, trial, rng)
                    pieces.append(piece)
                    labels.append(label)
                    start_s = number * trial.length_s
                    table.writerow((name, f"person-{person:03}", start_s, start_s + trial.length_s, label))
                features = np.concatenate(pieces)
                ticks_s = np.arange(len(features)) / _FPS
                np.savez(out / name, tick_s=ticks_s, features=features.astype(np.float16))


def _segment(face: Floats, trial: Trial, rng: np.random.Generator) -> tuple[Floats, int]:
    """The features of one segment, (frames, 1404), and its label."""
    frames = round(trial.length_s * _FPS)
    frequency = rng.uniform(*_FREQUENCIES_HZ)
    label = int(rng.random() < 1 / (1 + np.exp((_MIDDLE_HZ - frequency) / _SPREAD_HZ)))
    turns = frequency * np.arange(frames) / _FPS + rng.random()
    points = face + rng.normal(0, _NOISE, (frames, POINTS, 3))
    points[:, _MOVING, 1] += (_AMPLITUDE * np.sin(2 * np.pi * turns))[:, np.newaxis]
    points[rng.random(frames) < trial.missing] = np.nan
    return points.reshape(frames, FEATURES), label
