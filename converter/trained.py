"""A trained network as conversion takes it: the float network, and what training left beside it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
from pydantic import ValidationError

from edge.core.errors import BadModel
from edge.core.preprocess import InputSpec
from edge.vision.card import ScoreKnots
from models.datasets.faces import Faces
from models.datasets.fer2013 import Fer2013
from models.networks import network
from models.networks.saved import load_network
from models.training.calibrate import KNOTS
from models.training.checkpoints import RECIPE


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A float network and its papers."""

    model: keras.Model
    module: ModuleType  # in models.networks
    spec: InputSpec
    file: str
    sha256: str  # of the .keras file
    recipe: dict[str, Any]  # empty where it was not kept
    score_knots: ScoreKnots | None  # for expressiveness alone

    @property
    def is_expressiveness(self) -> bool:
        """Whether it answers with levels."""
        return bool(self.model.name == "expressiveness")

    def faces(self, split: Fer2013) -> Faces:
        """A split with the labels that this network answers with."""
        return split.levels() if self.is_expressiveness else split.emotions(0.0)


def load_trained(path: Path) -> Trained:
    """Read MODEL.keras, and recipe.json and score_knots.json beside it.

    Raises SourceNotFound where there is no such file, BadModel where it is none of ours or lacks its score knots.
    """
    model = load_network(path)
    module = network(model.name)
    knots = _read(path.with_name(KNOTS)) if model.name == "expressiveness" else None
    if model.name == "expressiveness" and knots is None:
        raise BadModel(
            f"{path} has no {KNOTS} beside it, which turns levels into a score.",
            fix="Give the file where edge-train wrote it, or let edge-train --resume finish.",
        )
    try:
        score_knots = None if knots is None else ScoreKnots(**knots)
    except (TypeError, ValidationError):
        raise BadModel(
            f"{path.with_name(KNOTS)} does not hold points x and y.", fix="Let edge-train --resume write it again."
        ) from None
    return Trained(
        model=model,
        module=module,
        spec=module.input_spec(model.input_shape[1]),
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        recipe=_read(path.with_name(RECIPE)) or {},
        score_knots=score_knots,
    )


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadModel(f"{path} cannot be read: {error}.", fix="Let edge-train --resume write it again.") from None
    return values if isinstance(values, dict) else {}
