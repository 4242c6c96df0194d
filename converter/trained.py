"""A trained network as conversion takes it: the float network, and what training left beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from edge.core.errors import BadModel
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.graph.stored import FLOAT, RANGES, Ranges, read_ranges
from models.networks import network
from models.specs.inputs import NetworkInput
from models.specs.network import Network
from models.training.checkpoints import RECIPE
from models.training.saved import load_network


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A float network and its papers."""

    model: keras.Model
    network: Network
    input: NetworkInput  # at the size of this model
    file: str
    sha256: str  # of the .keras file
    recipe: dict[str, Any]  # empty where it was not kept
    ranges: Ranges | None = None  # between which ends it was fine-tuned to be stored, where it was
    reference: keras.Model | None = None  # what INT8 is compared with, where that is another network

    @property
    def scored(self) -> bool:
        """Whether a score is fitted to its labels' probabilities."""
        return self.network.target.scored

    def faces(self, split: Labelled) -> Faces:
        """A split with the labels that this network was taught."""
        return self.network.target.samples(split).faces

    def against(self, split: Labelled) -> Mapping[str, Faces]:
        """The split with the other labels that it has for the same answers: the folders', or the votes' majority."""
        return self.network.target.others(split)


def load_trained(path: Path) -> Trained:
    """Read MODEL.keras, and recipe.json, ranges.json and float.keras beside it where they are.

    Raises SourceNotFound where there is no such file, BadModel where it, or the reference, is none of ours.
    """
    model = load_network(path)
    kind = network(model.name)
    beside = path.with_name(FLOAT)
    ranges = path.with_name(RANGES)
    return Trained(
        model=model,
        network=kind,
        input=kind.input.sized(model.input_shape[1]),
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
