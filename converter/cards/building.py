"""The card of a converted network: first what follows from the network and its file, then complete with evidence."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from converter.adjustment import Adjusted, Adjustment
from converter.cards.metadata import with_metadata
from converter.recipe import Recipe
from converter.strategies import Prepared, Unfolded
from converter.tflite_file import operators, tensors
from converter.trained import Trained
from edge.core.errors import BadModel
from edge.vision.card import Card, Input, Model, Output, OutputForm


def draft(content: bytes, adjusted: Adjusted, quantizable: Prepared, recipe: Recipe, *, version: str) -> Model:
    """Makes a model with a card that lacks the score and the evidence.

    Args:
        content: The INT8 TFLite file; without a softmax at its end it answers with logits.
        adjusted: The network that it was converted from.
        quantizable: What was quantized.
        recipe: The choices of the conversion.
        version: Version for the card.

    Returns:
        The file with metadata and the card; ready to run, not to ship.

    Raises:
        BadModel: The file holds float tensors.
    """
    trained = adjusted.trained
    input_tensor, output_tensor, floats = tensors(content)
    if floats:
        raise BadModel(
            f"{trained.file} converts with {floats} float tensors inside.", fix="Use layers that have INT8 kernels."
        )
    name = trained.network.name
    card = Card(
        name=name,
        version=version,
        file=f"{name}.tflite",
        **_identity(content),
        labels=trained.network.labels,
        input=Input(**_tensor(input_tensor), **trained.input.card_fields()),
        output=Output(
            **_tensor(output_tensor),
            kind=trained.network.output,
            form=OutputForm.PROBABILITIES if "SOFTMAX" in operators(content) else OutputForm.LOGITS,
        ),
        training={"file": trained.file, "sha256": trained.sha256, **_without_folders(trained.recipe)},
        conversion=_conversion(trained, adjusted.adjustment, quantizable, recipe),
    )
    return Model(card, with_metadata(content, card))


def complete(content: bytes, card: Card, evidence: dict[str, Any] | None = None) -> Model:
    """Makes the model that is shipped.

    Args:
        content: The INT8 TFLite file as the converter wrote it, without metadata.
        card: Its card.
        evidence: What the card says about tests, None to leave it as it is.

    Returns:
        The file with metadata and its whole card inside, and the card with this file's SHA-256 and size.
    """
    whole = card if evidence is None else card.model_copy(update={"evidence": evidence})
    with_card = with_metadata(content, whole)
    return Model(whole.model_copy(update=_identity(with_card)), with_card)


def _conversion(trained: Trained, adjustment: Adjustment, quantizable: Prepared, recipe: Recipe) -> dict[str, Any]:
    biases = zip(trained.network.labels, adjustment.bias, strict=True)
    return {
        "recipe": recipe.model_dump(mode="json"),
        "calibration_faces": quantizable.calibration_faces,
        **({"calibrated_by": "tflite"} if isinstance(quantizable, Unfolded) else {}),
        "temperature": adjustment.temperature,
        "class_bias": {label: round(float(bias), 4) for label, bias in biases},
        "compared_with": trained.reference_file,
    }


def _without_folders(recipe: dict[str, Any]) -> dict[str, Any]:
    """A training recipe with the file that training began with, but not its folder on some machine."""
    return {**recipe, "init": Path(recipe["init"]).name} if "init" in recipe else recipe


def _identity(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _tensor(described: dict[str, Any]) -> dict[str, Any]:
    scale, zero_point = described["quantization"]
    return {
        "shape": tuple(int(side) for side in described["shape"]),
        "dtype": np.dtype(described["dtype"]).name,
        "scale": scale,
        "zero_point": zero_point,
    }
