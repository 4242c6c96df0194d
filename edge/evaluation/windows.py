"""Evaluation of a network over time: the windows of labelled recordings, read as a run reads them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.rounding import rounded
from edge.evaluation.metrics import Quality, area_under_curve, quality_of_answers
from edge.evaluation.segments import Recordings, Segment, has_segments, read_segments
from edge.vision.card import Card, load_model, shipped_models
from edge.vision.readers import reader_of

_STRESSED_FROM = 0.5
Progress = Callable[[Iterable[Segment], int], Iterable[Segment]]


@dataclass(frozen=True, slots=True)
class WindowsEvaluation:
    """Figures of a network on labelled recordings."""

    model: str
    people: int
    segments: int
    area: float | None  # under the curve of the second label's probability, 0..1
    quality: Quality

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values; `n` counts windows."""
        return {
            "model": self.model,
            "people": self.people,
            "segments": self.segments,
            **self.quality.as_json(),
            "area_under_curve": rounded(self.area),
        }


def evaluate_windows(
    folder: Path, card: Card, config: Config, progress: Progress = lambda segments, _: segments
) -> WindowsEvaluation:
    """Read every window of labelled recordings; a segment counts as stress from 0.5.

    Args:
        folder: As `edge.evaluation.segments` describes it.
        card: The card of a network over sequences.
        config: The settings of a run.
        progress: Shows how far it is: called with the segments and their number.

    Raises:
        SourceNotFound: The folder holds no recordings, or no window with enough meshes.
        BadModel: The network is missing, or is not what its card says.
    """
    if not has_segments(folder):
        raise SourceNotFound(
            f"{card.name} reads sequences, and {folder} holds no segments.csv.", fix="See docs/stress.md."
        )
    segments = read_segments(folder)
    reader = reader_of(
        load_model(config.models or shipped_models(), card.name, card.labels), config.backend, config.threads
    )
    shares, truths, people = [], [], set()
    with Recordings(folder, card.input.grid, config) as recordings:
        for segment in progress(segments, len(segments)):
            for window in recordings.windows(segment):
                shares.append(reader(window.rows))
                truths.append(segment.stress >= _STRESSED_FROM)
                people.add(segment.person)
    if not shares:
        raise SourceNotFound(
            f"{folder} has no window of {card.input.grid.window_s:g} s with enough meshes.", fix="Give longer segments."
        )
    probabilities, truth = np.stack(shares), np.array(truths)
    return WindowsEvaluation(
        model=card.name,
        people=len(people),
        segments=len(segments),
        area=area_under_curve(truth, probabilities[:, 1]),
        quality=quality_of_answers(
            truth.astype(np.int64), probabilities.argmax(axis=1), probabilities.max(axis=1), card.labels
        ),
    )
