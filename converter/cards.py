"""The card of a converted network: first what its file tells, at the end complete, inside the file and beside it."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converter.metadata import with_metadata
from converter.quantize import tensors
from converter.trained import Trained
from edge.core.errors import BadModel
from edge.vision.card import Card, Input, Model, Output, ScoreKnots
from models.datasets.faces import Faces
from models.training.calibrate import knots


def card_of(trained: Trained, content: bytes, validation: Faces, answered: NDArray[np.float32], version: str) -> Card:
    """A card without evidence, for a converted network that `trained` became.

    The score knots of expressiveness follow from what the float network answered (n, 3) on the validation faces.
    Raises BadModel where the network holds float tensors or the faces no scores.
    """
    given, put_out, floats = tensors(content)
    if floats:
        raise BadModel(
            f"{trained.file} converts with {floats} float tensors inside.", fix="Use layers that have INT8 kernels."
        )
    name = trained.model.name
    return Card(
        name=name,
        version=version,
        file=f"{name}.tflite",
        **_identity(content),
        labels=trained.network.labels,
        input=Input(**_tensor(given), **trained.input.card_fields()),
        output=Output(**_tensor(put_out), kind=trained.network.output),
        score_knots=_score_knots(answered, validation) if trained.scored else None,
        training={"file": trained.file, "sha256": trained.sha256, **_without_folders(trained.recipe)},
    )


def complete(content: bytes, card: Card) -> Model:
    """A converted network with its whole card inside, and the card that names this file's hash and size."""
    whole = with_metadata(content, card)
    return Model(card.model_copy(update=_identity(whole)), whole)


def _without_folders(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe that names what training began with, but not where on a machine it lay."""
    return {**recipe, "init": Path(recipe["init"]).name} if "init" in recipe else recipe


def _identity(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _score_knots(answered: NDArray[np.float32], validation: Faces) -> ScoreKnots:
    if validation.scores is None:
        raise BadModel("The validation faces have no scores.", fix="Give data with votes or ratings to --calibration.")
    return ScoreKnots.model_validate(knots(answered[:, 2] - answered[:, 0], validation.scores))


def _tensor(described: dict[str, Any]) -> dict[str, Any]:
    scale, zero_point = described["quantization"]
    return {
        "shape": tuple(int(side) for side in described["shape"]),
        "dtype": np.dtype(described["dtype"]).name,
        "scale": scale,
        "zero_point": zero_point,
    }
