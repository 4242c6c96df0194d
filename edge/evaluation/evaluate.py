"""Evaluation: the runtime's own path over labelled pictures, and how often it was right."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from edge.config import Config
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.preprocess import crop_of
from edge.core.readings import Reading, Unreadable
from edge.evaluation.ground_truth import GroundTruths, Labels, Question
from edge.evaluation.labelled import LabelledImage
from edge.evaluation.metrics import Quality, quality_of_answers, rank_correlation, wilson_interval
from edge.run.assemble import Models
from edge.run.observe import read_picture


class PictureKind(StrEnum):
    """What the pictures show."""

    CROPPED = "cropped"  # a face and nothing else: every picture is answered
    DETECT = "detect"  # a scene: the face is found, judged and cropped as in a run


@dataclass(slots=True)
class Group:
    """How many pictures of one group were answered, right, or not read."""

    n: int = 0
    right: int = 0
    not_read: int = 0

    def as_json(self) -> dict[str, Any]:
        """Accuracy, error and the share that was not read, with 95 % intervals; None where there is nothing to share.

        The error's interval is the accuracy's, mirrored.
        """
        pictures = self.n + self.not_read
        return {
            "n": self.n,
            "accuracy": _share(self.right, self.n),
            "interval_95": _interval(self.right, self.n),
            "error": _share(self.n - self.right, self.n),
            "error_interval_95": _interval(self.n - self.right, self.n),
            "not_read": self.not_read,
            "not_read_share": _share(self.not_read, pictures),
            "not_read_interval_95": _interval(self.not_read, pictures),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _interval(part: int, whole: int) -> list[float] | None:
    """After Wilson."""
    interval = wilson_interval(part, whole)
    return None if interval is None else [round(end, 4) for end in interval]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was answered, and how many pictures were not, by reason."""

    question: Question
    labels: Labels
    quality: Quality
    abstentions: dict[str, int]  # pictures that were not read
    left_out: dict[str, int]  # pictures of which nothing is known to be true
    rank_correlation: float | None  # of score and votes, for expressiveness
    groups: dict[str, Group] | None
    in_no_group: int = 0  # pictures that the groups do not name

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        lowest = self.quality.lowest_recall
        groups = None if self.groups is None else {name: own.as_json() for name, own in sorted(self.groups.items())}
        return {
            "model": self.question.value,
            "labels": self.labels.value,
            **self.quality.as_json(),
            "lowest_recall": None if lowest is None else {"label": lowest[0], "recall": round(lowest[1], 4)},
            "rank_correlation": None if self.rank_correlation is None else round(self.rank_correlation, 4),
            "abstentions": self.abstentions,
            "left_out": self.left_out,
            "groups": groups,
            "in_no_group": None if groups is None else self.in_no_group,
        }


@dataclass(slots=True)
class _Answers:
    ground_truth: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def evaluate(
    images: Iterable[LabelledImage],
    question: Question,
    ground_truths: GroundTruths,
    faces: PictureKind,
    models: Models,
    config: Config,
    groups: Mapping[str, str] | None = None,
) -> Evaluation:
    """Read every picture on its own, unsmoothed, and compare; `groups` names the group of some pictures."""
    told = _Answers()
    abstentions: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    by_group, others = {name: Group() for name in (groups or {}).values()}, Group()
    for image in images:
        true = ground_truths.of(image)
        if true.label is None:
            left_out[str(true.left_out)] += 1
            continue
        group = by_group.get((groups or {}).get(image.name, ""), others)
        seen = _read(image, faces, models, config)
        if not isinstance(seen, Reading):
            abstentions[seen.value] += 1
            group.not_read += 1
            continue
        answer, confidence = _answer(seen, question)
        told.ground_truth.append(true.label)
        told.answers.append(answer)
        told.confidence.append(confidence)
        if true.share is not None:
            told.scores.append(seen.score)
            told.shares.append(true.share)
        group.n += 1
        group.right += answer == true.label
    quality = quality_of_answers(
        np.array(told.ground_truth, np.int64),
        np.array(told.answers, np.int64),
        np.array(told.confidence, np.float32),
        question.labels,
    )
    return Evaluation(
        question=question,
        labels=ground_truths.labels,
        quality=quality,
        abstentions=dict(abstentions),
        left_out=dict(left_out),
        rank_correlation=rank_correlation(np.array(told.scores), np.array(told.shares)),
        groups=None if groups is None else by_group,
        in_no_group=others.n + others.not_read,
    )


def _read(image: LabelledImage, faces: PictureKind, models: Models, config: Config) -> Reading | Unreadable:
    if faces is PictureKind.CROPPED:
        return models.read_face(crop_of(image.pixels))
    return read_picture(image.pixels, models.find_faces, models.read_face, config.limits, config.sure_from)


def _answer(seen: Reading, question: Question) -> tuple[int, float]:
    """The label read, as an index, and its probability."""
    if question is Question.EXPRESSIVENESS:
        return LEVELS.index(seen.level), seen.confidence
    assert seen.emotion is not None
    assert seen.emotions is not None
    return EMOTIONS.index(seen.emotion), max(seen.emotions)
