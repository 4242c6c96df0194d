"""A face crop's expression: both networks together, or the expressiveness network alone, as one reading."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from edge.core.face.landmarks import landmark_features
from edge.core.face.mesh import Mesh
from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Reading
from edge.vision.card import InputKind, Model, load_card, load_model
from edge.vision.classifier import Classifier, Interpreted, LandmarkClassifier
from edge.vision.interpreters import Backend
from edge.vision.model_folder import LEVEL_NAMES, folder_with


class ExpressionReader:
    """An emotion and an expressiveness network, loaded from a folder and checked against their cards.

    Args:
        folder: Folder of models and cards; a network that it has no card of is the shipped one.
        backend: The interpreter of both.
        threads: Threads of each interpreter.
        emotion: Name of the emotion network's card, of any labels. With None no emotions are computed: readings have
            none, and no card or file of an emotion network is opened.
        expressiveness: Name of the expressiveness network's card.
        flip: Whether emotions are the mean of those of the crop and of its mirror image.

    Attributes:
        emotion: The emotion network over a crop, where that is the kind of its input.
        by_landmarks: The emotion network over landmarks, likewise; then `with_mesh` reads a face.
        expressiveness: The expressiveness network.
        labels: The emotion network's.
        scale: The score's.

    Raises:
        BadModel: A network is missing, or is not what its card says.
    """

    def __init__(
        self,
        folder: Path,
        backend: Backend = Backend.AUTO,
        threads: int = 1,
        emotion: str | None = "emotion-both",
        expressiveness: str = "expressiveness",
        *,
        flip: bool = False,
    ) -> None:
        emotion_model = None if emotion is None else _emotion_model(folder_with(folder, emotion), emotion)
        level_model = _crop_model(folder_with(folder, expressiveness), expressiveness, LEVEL_NAMES)
        if level_model.card.score is None:
            raise BadModel(
                f"{folder / expressiveness}.json lacks a score.",
                fix=f"Convert the model again, or fit its score with edge-convert {expressiveness}.tflite.",
            )
        self.emotion: Classifier | None = None
        self.by_landmarks: LandmarkClassifier | None = None
        if emotion_model is not None and emotion_model.card.input.kind is InputKind.LANDMARKS:
            self.by_landmarks = LandmarkClassifier(emotion_model, backend, threads)
        elif emotion_model is not None:
            self.emotion = Classifier(emotion_model, backend, threads)
        self.expressiveness = Classifier(level_model, backend, threads)
        self.labels = () if emotion_model is None else emotion_model.card.labels
        self.scale = level_model.card.score.scale
        self._flip = flip

    def __call__(self, crop: NDArray[np.uint8]) -> Reading:
        """Read a face crop (48, 48)."""
        emotions, score = self._answers(crop, self.emotion, crop)
        if self.emotion is not None and emotions is not None and self._flip:
            mirrored = self.emotion(np.ascontiguousarray(crop[:, ::-1])).tolist()
            emotions = [(share + other) / 2 for share, other in zip(emotions, mirrored, strict=True)]
        return self.reading(None if emotions is None else tuple(emotions), score)

    def with_mesh(self, crop: NDArray[np.uint8], mesh: Mesh) -> Reading:
        """Read a face crop (48, 48) whose emotions `by_landmarks` reads from the mesh."""
        emotions, score = self._answers(crop, self.by_landmarks, landmark_features(mesh.points))
        return self.reading(None if emotions is None else tuple(emotions), score)

    def _answers(
        self, crop: NDArray[np.uint8], emotion: Interpreted | None, sample: NDArray[Any]
    ) -> tuple[list[float] | None, float]:
        """What the emotion network answers about its sample, and the score; step by step, as of `Interpreted`."""
        self.expressiveness.take(crop)
        if emotion is None:
            self.expressiveness.invoke()
            return None, self.scale.score(self.expressiveness.answer())
        emotion.take(sample)
        emotion.invoke()
        self.expressiveness.invoke()
        return emotion.answer(), self.scale.score(self.expressiveness.answer())

    def reading(self, emotions: tuple[float, ...] | None, score: float) -> Reading:
        """Put probabilities of `labels` and a score together; level, levels and confidence follow from the score."""
        likeliest = None if emotions is None else max(range(len(emotions)), key=emotions.__getitem__)
        level, levels = level_of(score), self.scale.levels(score)
        return Reading(
            emotions=emotions,
            levels=levels,
            score=score,
            emotion=None if likeliest is None else self.labels[likeliest],
            level=level,
            confidence=levels[LEVELS.index(level)],
            labels=self.labels,
        )


def _emotion_model(folder: Path, name: str) -> Model:
    """A network of any labels but the levels."""
    card = load_card(folder / f"{name}.json")
    is_one = card.name == name and card.labels and card.labels != LEVEL_NAMES
    labels = card.labels if is_one else EMOTIONS
    by_landmarks = card.input.kind is InputKind.LANDMARKS
    return load_model(folder, name, labels) if by_landmarks else _crop_model(folder, name, labels)


def _crop_model(folder: Path, name: str, labels: tuple[str, ...]) -> Model:
    model = load_model(folder, name, labels)
    if model.card.input.kind is not InputKind.CROP:
        raise BadModel(
            f"{name} has the input {model.card.input.kind}, and a run gives its networks a crop.",
            fix="Use another model.",
        )
    return model
