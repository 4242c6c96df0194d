"""A face crop's expression: both networks together, or the expressiveness network alone, as one reading."""

from os.path import lexists
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Reading
from edge.vision.card import InputKind, Model, load_model
from edge.vision.classifier import Classifier
from edge.vision.interpreters import Backend

# The emotion networks that a run takes by itself, the first that a folder has.
_EMOTION_CARDS: Final = ("emotion-both", "emotion")


def emotion_card(folder: Path, name: str | None = None) -> str:
    """Choose the emotion network of a folder of models.

    Args:
        folder: Folder of models and cards.
        name: The name of a card, or None for the default.

    Returns:
        `name`, or `emotion-both`, or `emotion` where the folder has a card of that name and none of the other.
    """
    if name is not None:
        return name
    return next((known for known in _EMOTION_CARDS if lexists(folder / f"{known}.json")), _EMOTION_CARDS[0])


class ExpressionReader:
    """An emotion and an expressiveness network, loaded from a folder and checked against their cards.

    Args:
        folder: Folder of models and cards.
        backend: The interpreter of both.
        threads: Threads of each interpreter.
        emotion: Name of the emotion network's card. With None no emotions are computed: readings have none, and no
            card or file of an emotion network is opened.
        expressiveness: Name of the expressiveness network's card.
        flip: Whether emotions are the mean of those of the crop and of its mirror image.

    Raises:
        BadModel: A network is missing, or is not what its card says.
    """

    def __init__(
        self,
        folder: Path,
        backend: Backend = Backend.AUTO,
        threads: int = 1,
        emotion: str | None = _EMOTION_CARDS[0],
        expressiveness: str = "expressiveness",
        *,
        flip: bool = False,
    ) -> None:
        levels = tuple(level.value for level in LEVELS)
        emotion_model = None if emotion is None else _crop_model(folder, emotion, EMOTIONS)
        level_model = _crop_model(folder, expressiveness, levels)
        if level_model.card.score is None:
            raise BadModel(
                f"{folder / expressiveness}.json lacks a score.",
                fix=f"Convert the model again, or fit its score with edge-convert {expressiveness}.tflite.",
            )
        self.emotion = None if emotion_model is None else Classifier(emotion_model, backend, threads)
        self.expressiveness = Classifier(level_model, backend, threads)
        self.scale = level_model.card.score.scale
        self._flip = flip

    def __call__(self, crop: NDArray[np.uint8]) -> Reading:
        """Read a face crop (48, 48)."""
        return self.reading(self._emotions(crop), self.scale.score(self.expressiveness(crop).tolist()))

    def _emotions(self, crop: NDArray[np.uint8]) -> tuple[float, ...] | None:
        if self.emotion is None:
            return None
        shares = self.emotion(crop)
        if self._flip:
            shares = (shares + self.emotion(np.ascontiguousarray(crop[:, ::-1]))) / 2
        return tuple(map(float, shares))

    def reading(self, emotions: tuple[float, ...] | None, score: float) -> Reading:
        """Put 7 probabilities and a score together; level, levels and confidence follow from the score alone."""
        likeliest = None if emotions is None else max(range(len(EMOTIONS)), key=emotions.__getitem__)
        level, levels = level_of(score), self.scale.levels(score)
        return Reading(
            emotions=emotions,
            levels=levels,
            score=score,
            emotion=None if likeliest is None else EMOTIONS[likeliest],
            level=level,
            confidence=levels[LEVELS.index(level)],
        )


def _crop_model(folder: Path, name: str, labels: tuple[str, ...]) -> Model:
    model = load_model(folder, name, labels)
    if model.card.input.kind is not InputKind.CROP:
        raise BadModel(
            f"{name} has the input {model.card.input.kind}, and a run gives its networks a crop.",
            fix="Use another model.",
        )
    return model
