"""Evaluation under disturbances: each face is read alone, then in scenes where it has to be found first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from edge.core.face.preprocess import grey_of
from edge.core.readings import Unreadable
from edge.core.rounding import rounded
from edge.evaluation.answers import AnswerOf
from edge.evaluation.disturbances import Disturbance, scene
from edge.evaluation.ground_truth import GroundTruths
from edge.evaluation.labelled import LabelledImage


@dataclass(slots=True)
class Counts:
    """The pictures of one disturbance."""

    read: int = 0
    right: int = 0
    right_alone: int = 0  # of those that were read, the ones whose picture alone is read right
    not_read: dict[str, int] = field(default_factory=dict)  # by reason

    def as_json(self, n: int) -> dict[str, Any]:
        """The shares of n pictures; None where no picture was read."""
        accuracy, alone = (part / self.read if self.read else None for part in (self.right, self.right_alone))
        drop = None if accuracy is None or alone is None else alone - accuracy
        return {
            "read": self.read,
            "read_share": rounded(self.read / n if n else None),
            "accuracy": rounded(accuracy),
            "accuracy_alone": rounded(alone),
            "drop": rounded(drop),
            "not_read": self.not_read,
        }


@dataclass(frozen=True, slots=True)
class DisturbedEvaluation:
    """Figures of a network by disturbance.

    Attributes:
        model: The card's name.
        labels: Where the ground truth comes from.
        seed: Of the scenes.
        n: Pictures with a ground truth.
        right_alone: How many of them are read right without a scene.
        counts: By disturbance.
    """

    model: str
    labels: str
    seed: int
    n: int
    right_alone: int
    counts: dict[Disturbance, Counts]

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values. `mean_drop` leaves out the scenes without a disturbance."""
        rows = {how.value: own.as_json(self.n) for how, own in self.counts.items()}
        drops = [row["drop"] for name, row in rows.items() if name != Disturbance.NONE and row["drop"] is not None]
        return {
            "model": self.model,
            "labels": self.labels,
            "seed": self.seed,
            "n": self.n,
            "accuracy_alone": rounded(self.right_alone / self.n if self.n else None),
            "mean_drop": rounded(sum(drops) / len(drops) if drops else None),
            "disturbances": rows,
        }


def evaluate_disturbed(
    images: Iterable[LabelledImage],
    model: str,
    ground_truths: GroundTruths,
    alone: AnswerOf,
    in_scene: AnswerOf,
    *,
    seed: int = 0,
    show: Callable[[int], None] = lambda done: None,
) -> DisturbedEvaluation:
    """Read every face alone and once in a scene of each disturbance.

    Args:
        images: Pictures that show a face and nothing else.
        model: The card's name.
        ground_truths: The ground truth of each picture.
        alone: Reads a picture as a crop.
        in_scene: Finds the face in a scene, judges and reads it as a run does.
        seed: Decides the scenes, together with the pictures' names.
        show: Called after every picture with how many are done.
    """
    counts = {how: Counts() for how in Disturbance}
    n = right_alone = 0
    for image in images:
        label = ground_truths.of(image).label
        if label is None:
            continue
        answer = alone(image)
        is_right = not isinstance(answer, Unreadable) and answer.label == label
        n, right_alone = n + 1, right_alone + is_right
        face = grey_of(image.pixels)
        for how, own in counts.items():
            found = in_scene(LabelledImage(image.name, image.label, scene(face, image.name, how, seed)))
            if isinstance(found, Unreadable):
                own.not_read[found.value] = own.not_read.get(found.value, 0) + 1
                continue
            own.read += 1
            own.right += found.label == label
            own.right_alone += is_right
        show(n)
    return DisturbedEvaluation(model, ground_truths.labels.value, seed, n, right_alone, counts)
