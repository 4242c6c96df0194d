"""A face crop's expression: both networks together, as one reading."""

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

    `emotion` names the emotion network, where there are several.
    """

    def __init__(
        self, folder: Path, backend: Backend = Backend.AUTO, threads: int = 1, emotion: str = "emotion"
    ) -> None:
        levels = tuple(level.value for level in LEVELS)
        emotion_model, level_model = (
            load_model(folder, emotion, EMOTIONS),
            load_model(folder, "expressiveness", levels),
        )
        knots = level_model.card.score_knots
        if knots is None:
            raise BadModel(f"{folder / 'expressiveness.json'} lacks score_knots.", fix="Convert the model again.")
        self.emotion = Classifier(emotion_model, backend, threads)
        self.expressiveness = Classifier(level_model, backend, threads)
        self._knots_x, self._knots_y = knots.x, knots.y

    def __call__(self, crop: NDArray[np.uint8]) -> Reading:
        """Read a face crop (48, 48)."""
        return self.reading(tuple(map(float, self.emotion(crop))), tuple(map(float, self.expressiveness(crop))))

    def reading(self, emotions: tuple[float, ...], levels: tuple[float, ...]) -> Reading:
        """Put 7 and 3 probabilities together; the level follows from the score, so the two never disagree."""
        reserved, _, expressive = levels
        score = float(np.interp(expressive - reserved, self._knots_x, self._knots_y))
        level = level_of(score)
        return Reading(
            emotions=emotions,
            levels=levels,
            score=score,
            emotion=EMOTIONS[max(range(len(EMOTIONS)), key=emotions.__getitem__)],
            level=level,
            confidence=levels[LEVELS.index(level)],
        )
