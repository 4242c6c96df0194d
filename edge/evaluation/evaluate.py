"""Evaluation: the runtime's own path over labelled pictures, and the share of right answers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.core.readings import Unreadable
from edge.core.rounding import rounded
from edge.evaluation.answers import AnswerOf
from edge.evaluation.ground_truth import GroundTruths, Labels, labels_of
from edge.evaluation.labelled import LabelledImage
from edge.evaluation.metrics import Quality, quality_of_answers, rank_correlation, wilson_interval
from edge.vision.card import Card


@dataclass(slots=True)
class Group:
    """Counts of one group's pictures: read, read right, and not read."""

    n: int = 0
    right: int = 0
    not_read: int = 0

    def as_json(self) -> dict[str, Any]:
        """Accuracy, error and the share not read, each with its 95 % interval; None where there is no picture.

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
    """Figures of a network on labelled pictures.

    Where the labels are levels of expressiveness, the answer is the level that a run reports: that of the score.
    """

    model: str  # the card's name
    labels: Labels
    quality: Quality
    abstentions: dict[str, int]  # pictures that were not read, by reason
    left_out: dict[str, int]  # pictures without a ground truth, by reason
    rank_correlation: float | None  # of score and votes, for expressiveness
    groups: dict[str, Group] | None
    in_no_group: int = 0  # pictures that the groups do not name
    without_ties: Quality | None = None  # without pictures of two majorities, where there are such

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        lowest = self.quality.lowest_recall
        groups = None if self.groups is None else {name: own.as_json() for name, own in sorted(self.groups.items())}
        return {
            "model": self.model,
            "labels": self.labels.value,
            **self.quality.as_json(),
            "lowest_recall": None if lowest is None else {"label": lowest[0], "recall": round(lowest[1], 4)},
            "rank_correlation": rounded(self.rank_correlation),
            "abstentions": self.abstentions,
            "left_out": self.left_out,
            "without_ties": None if self.without_ties is None else _short(self.without_ties),
            "groups": groups,
            "in_no_group": None if groups is None else self.in_no_group,
        }


def _short(quality: Quality) -> dict[str, Any]:
    figures = quality.as_json()
    return {name: figures[name] for name in ("n", "accuracy", "balanced_accuracy")}


@dataclass(slots=True)
class _Answers:
    ground_truth: list[int] = field(default_factory=list)
    tied: list[bool] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    confidence: list[float | None] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def evaluate(
    images: Iterable[LabelledImage],
    card: Card,
    ground_truths: GroundTruths,
    answer_of: AnswerOf,
    groups: Mapping[str, str] | None = None,
) -> Evaluation:
    """Read every picture on its own, unsmoothed, and compare the answers with the ground truth.

    Args:
        images: The pictures.
        card: The card of the network that is evaluated.
        ground_truths: The ground truth of each picture.
        answer_of: Reads one picture, as `edge.evaluation.answers.opened` lends it.
        groups: The group of some pictures, by the pictures' names; None for no figures by group.
    """
    read = _Answers()
    abstentions: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    by_group, others = {name: Group() for name in (groups or {}).values()}, Group()
    for image in images:
        true = ground_truths.of(image)
        if true.label is None:
            left_out[str(true.left_out)] += 1
            continue
        group = by_group.get((groups or {}).get(image.name, ""), others)
        answer = answer_of(image)
        if isinstance(answer, Unreadable):
            abstentions[answer.value] += 1
            group.not_read += 1
            continue
        read.ground_truth.append(true.label)
        read.tied.append(true.tied)
        read.answers.append(answer.label)
        read.confidence.append(answer.confidence)
        if true.share is not None and answer.score is not None:
            read.scores.append(answer.score)
            read.shares.append(true.share)
        group.n += 1
        group.right += answer.label == true.label
    true_labels, answers = np.array(read.ground_truth, np.int64), np.array(read.answers, np.int64)
    confidence = None if None in read.confidence else np.array(read.confidence, np.float32)
    alone = ~np.array(read.tied, bool)
    without_ties = None
    if not alone.all():
        without_ties = quality_of_answers(true_labels[alone], answers[alone], None, labels_of(card))
    return Evaluation(
        model=card.name,
        labels=ground_truths.labels,
        quality=quality_of_answers(true_labels, answers, confidence, labels_of(card)),
        abstentions=dict(abstentions),
        left_out=dict(left_out),
        rank_correlation=rank_correlation(np.array(read.scores), np.array(read.shares)),
        groups=None if groups is None else by_group,
        in_no_group=others.n + others.not_read,
        without_ties=without_ties,
    )
