"""A trained network as conversion takes it: the float network, and what training left beside it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from edge.core.errors import BadModel
from edge.core.preprocess import InputSpec
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.graph.stored import FLOAT, RANGES, Ranges, read_ranges
from models.networks import network
from models.training.checkpoints import RECIPE
from models.training.saved import load_network


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A float network and its papers."""

    model: keras.Model
    module: ModuleType  # in models.networks
    spec: InputSpec
    file: str
    sha256: str  # of the .keras file
    recipe: dict[str, Any]  # empty where it was not kept
    ranges: Ranges | None = None  # between which ends it was fine-tuned to be stored, where it was
    reference: keras.Model | None = None  # what INT8 is compared with, where that is another network

    @property
    def is_expressiveness(self) -> bool:
        """Whether it answers with levels."""
        return bool(self.model.name == "expressiveness")

    def faces(self, split: Labelled) -> Faces:
        """A split with the labels that this network was taught."""
        if self.is_expressiveness:
            return split.levels()
        return split.ferplus() if self.model.name == "emotion-ferplus" else split.emotions(0.0)

    def against(self, split: Labelled) -> dict[str, Faces]:
        """The split with the other labels that it has for the same answers: the folders', or the votes' majority."""
        if self.model.name == "emotion" and split.votes is not None:
            return {"ferplus": split.ferplus()}
        if self.model.name == "emotion-ferplus" and split.emotion is not None:
            return {"folder": split.emotions(0.0)}
        return {}


def load_trained(path: Path) -> Trained:
    """Read MODEL.keras, and recipe.json, ranges.json and float.keras beside it where they are.

    Raises SourceNotFound where there is no such file, BadModel where it, or the reference, is none of ours.
    """
    model = load_network(path)
    module = network(model.name)
    beside = path.with_name(FLOAT)
    ranges = path.with_name(RANGES)
    return Trained(
        model=model,
        module=module,
        spec=module.input_spec(model.input_shape[1]),
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        recipe=_read(path.with_name(RECIPE)) or {},
        ranges=read_ranges(ranges) if ranges.exists() and path.name != FLOAT else None,
        reference=_reference(beside, model) if beside.exists() and path.name != FLOAT else None,
    )


def _reference(path: Path, model: keras.Model) -> keras.Model:
    reference = load_network(path)
    if (reference.name, reference.input_shape) != (model.name, model.input_shape):
        raise BadModel(
            f"{path} holds {reference.name} of {reference.input_shape[1]} px, which is not what was fine-tuned to "
            f"{model.name} of {model.input_shape[1]} px.",
            fix="Put the float network there, or remove the file.",
        )
    return reference


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadModel(f"{path} cannot be read: {error}.", fix="Let edge-train --resume write it again.") from None
    return values if isinstance(values, dict) else {}
