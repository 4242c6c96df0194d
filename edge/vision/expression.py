"""A face crop's expression: both networks together, or the expressiveness network alone, as one reading."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Reading
from edge.vision.card import load_model
from edge.vision.classifier import Backend, Classifier


class ExpressionReader:
    """An emotion and the expressiveness network, loaded from a folder and checked against their cards.

    `emotion` names the emotion network, where there are several. With None there is none: its card and its file are
    not even opened, and readings have no emotion.
    """

    def __init__(
        self, folder: Path, backend: Backend = Backend.AUTO, threads: int = 1, emotion: str | None = "emotion"
    ) -> None:
        levels = tuple(level.value for level in LEVELS)
        emotion_model = None if emotion is None else load_model(folder, emotion, EMOTIONS)
        level_model = load_model(folder, "expressiveness", levels)
        knots = level_model.card.score_knots
        if knots is None:
            raise BadModel(f"{folder / 'expressiveness.json'} lacks score_knots.", fix="Convert the model again.")
        self.emotion = None if emotion_model is None else Classifier(emotion_model, backend, threads)
        self.expressiveness = Classifier(level_model, backend, threads)
        self._knots_x, self._knots_y = knots.x, knots.y

    def __call__(self, crop: NDArray[np.uint8]) -> Reading:
        """Read a face crop (48, 48)."""
        emotions = None if self.emotion is None else tuple(map(float, self.emotion(crop)))
        return self.reading(emotions, tuple(map(float, self.expressiveness(crop))))

    def reading(self, emotions: tuple[float, ...] | None, levels: tuple[float, ...]) -> Reading:
        """Put 7 and 3 probabilities together; the level follows from the score, so the two never disagree."""
        likeliest = None if emotions is None else max(range(len(EMOTIONS)), key=emotions.__getitem__)
        reserved, _, expressive = levels
        score = float(np.interp(expressive - reserved, self._knots_x, self._knots_y))
        level = level_of(score)
        return Reading(
            emotions=emotions,
            levels=levels,
            score=score,
            emotion=None if likeliest is None else EMOTIONS[likeliest],
            level=level,
            confidence=levels[LEVELS.index(level)],
        )
