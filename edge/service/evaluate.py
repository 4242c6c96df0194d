"""Evaluation: the runtime's own path over labelled pictures, and how often it was right."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from edge.config import Config
from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.metrics import Quality, quality_of_answers
from edge.core.preprocess import crop_of
from edge.core.readings import Reading, Unreadable
from edge.service.assemble import Eyes
from edge.service.observe import read_picture
from edge.sources.labelled import LabelledImage


class Question(StrEnum):
    """What is asked of each picture."""

    EMOTION = "emotion"
    EXPRESSIVENESS = "expressiveness"

    @property
    def labels(self) -> tuple[str, ...]:
        """The possible answers."""
        return EMOTIONS if self is Question.EMOTION else tuple(level.value for level in LEVELS)


class Faces(StrEnum):
    """What the pictures show."""

    CROPPED = "cropped"  # a face and nothing else: every picture is answered
    DETECT = "detect"  # a scene: the face is found, judged and cropped as in a run


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was answered, and how many pictures were not, by reason."""

    question: Question
    quality: Quality
    abstentions: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """All figures as plain JSON values."""
        return {"model": self.question.value, **self.quality.as_json(), "abstentions": self.abstentions}


def evaluate(
    images: Iterable[LabelledImage],
    question: Question,
    faces: Faces,
    eyes: Eyes,
    config: Config,
) -> Evaluation:
    """Read every picture on its own, unsmoothed. Raises SourceNotFound for a class folder that is no label."""
    truth, answers, confidence = [], [], []
    abstentions: Counter[str] = Counter()
    for image in images:
        if image.label not in question.labels:
            raise SourceNotFound(
                f"{image.name} lies in a folder that is no class of {question.value}.",
                fix=f"Name the folders {', '.join(question.labels)}.",
            )
        if faces is Faces.CROPPED:
            seen: Reading | Unreadable = eyes.read_face(crop_of(image.pixels))
        else:
            seen = read_picture(image.pixels, eyes.find_faces, eyes.read_face, config.limits, config.sure_from)
        if not isinstance(seen, Reading):
            abstentions[seen.value] += 1
            continue
        truth.append(question.labels.index(image.label))
        if question is Question.EMOTION:
            answers.append(EMOTIONS.index(seen.emotion))
            confidence.append(max(seen.emotions))
        else:
            answers.append(LEVELS.index(seen.level))
            confidence.append(seen.confidence)
    figures = quality_of_answers(
        np.array(truth, np.int64), np.array(answers, np.int64), np.array(confidence, np.float32), question.labels
    )
    return Evaluation(question, figures, dict(abstentions))
