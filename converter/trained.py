"""A trained float network as conversion reads it, with the files that training left beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

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
    """A trained network. Conversion never changes it, nor the Keras models in it: each step works on a copy.

    Attributes:
        model: The network to convert.
        network: Its entry in the registry of networks.
        input: What it is given, at the size of `model`.
        file: Name of the `.keras` file.
        sha256: SHA-256 of that file, in hexadecimal.
        recipe: The training recipe, empty where it was not kept.
        reference: The float network that INT8 is compared with: `model`, or the network it was fine-tuned from.
        reference_file: Name of the reference's file.
        ranges: The ranges that its tensors were fine-tuned with, None where it was not.
    """

    model: keras.Model
    network: Network
    input: NetworkInput
    file: str
    sha256: str
    recipe: dict[str, Any]
    reference: keras.Model
    reference_file: str
    ranges: Ranges | None = None

    @property
    def foreign(self) -> bool:
        """Whether it was trained elsewhere."""
        return bool(self.recipe.get("foreign"))

    @property
    def scored(self) -> bool:
        """Whether a score is fitted to the labels' probabilities."""
        return self.network.target.scored

    def faces(self, split: Labelled) -> Faces:
        """Returns the faces of a split with the labels that this network was trained on."""
        return self.network.target.samples(split).faces

    def against(self, split: Labelled) -> Mapping[str, Faces]:
        """Returns the split with the other labellings that it has for the same labels, by name."""
        return self.network.target.others(split)

    def predict(self, model: keras.Model, faces: Faces) -> NDArray[np.float32]:
        """Runs a float model with this network's input.

        Args:
            model: `model`, `reference` or an adjusted copy of one of them.
            faces: n faces.

        Returns:
            Its outputs, (n, labels).
        """
        return np.asarray(model.predict(self.input.arrays(faces), batch_size=256, verbose=0), np.float32)


def load_trained(path: Path) -> Trained:
    """Reads MODEL.keras, and recipe.json, ranges.json and float.keras beside it where they exist.

    Args:
        path: A `.keras` file that edge-train wrote.

    Returns:
        The network.

    Raises:
        SourceNotFound: There is no such file.
        BadModel: It, or a file beside it, cannot be used.
    """
    model = load_network(path)
    known = network(model.name)
    float_path, ranges_path = path.with_name(FLOAT), path.with_name(RANGES)
    fine_tuned = path.name != FLOAT  # float.keras lies beside the files of the network that was tuned from it
    with_reference = fine_tuned and float_path.exists()
    return Trained(
        model=model,
        network=known,
        input=known.input.sized(model.input_shape[1]),
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        recipe=_read_recipe(path.with_name(RECIPE)),
        reference=_load_reference(float_path, model) if with_reference else model,
        reference_file=FLOAT if with_reference else path.name,
        ranges=read_ranges(ranges_path) if fine_tuned and ranges_path.exists() else None,
    )


def copy_of(model: keras.Model) -> keras.Model:
    """Returns a Keras model with the same layers, names and weights that shares none of them."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _load_reference(path: Path, model: keras.Model) -> keras.Model:
    reference = load_network(path)
    if (reference.name, reference.input_shape) != (model.name, model.input_shape):
        raise BadModel(
            f"{path} holds {reference.name} of {reference.input_shape[1]} px, which is not what was fine-tuned to "
            f"{model.name} of {model.input_shape[1]} px.",
            fix="Put the float network there, or remove the file.",
        )
    return reference


def _read_recipe(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadModel(f"{path} cannot be read: {error}.", fix="Let edge-train --resume write it again.") from None
    return values if isinstance(values, dict) else {}
