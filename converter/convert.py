"""A conversion from end to end: quantize, prove, and write model and card together, or neither."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from converter.equalize import equalize
from converter.proof import Proof, prove
from converter.quantize import balanced_sample, tensors, to_int8
from converter.trained import Trained
from edge.core.errors import BadModel
from edge.vision.card import Card, Input, Model, Tensor
from models.datasets.faces import Faces
from models.files import part_of, settle, whole, writing
from models.training.batches import inputs


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """A converted network with its card, and how it compares with the float one."""

    model: Model
    proof: Proof


def convert(
    trained: Trained,
    calibration: Faces,
    test: Faces,
    *,
    each: int = 50,
    version: str = "1",
    data: dict[str, Any] | None = None,
) -> Conversion:
    """Quantize a network by `each` calibration faces a class, and compare it with the float one on `test`.

    `data` is what the card's evidence says of the test set. Raises BadModel where the result is not INT8 throughout.
    """
    chosen = np.zeros(len(calibration), bool)
    chosen[balanced_sample(calibration.truth, each)] = True
    shown = inputs(calibration.where(chosen), trained.spec)
    by_float = np.asarray(trained.model.predict(inputs(test, trained.spec), batch_size=256, verbose=0), np.float32)
    equalize(trained.model, shown)
    content = to_int8(trained.model, shown)
    given, answered, floats = tensors(content)
    if floats:
        raise BadModel(
            f"{trained.file} converts with {floats} float tensors inside.", fix="Use layers that have INT8 kernels."
        )
    name = trained.model.name
    card = Card(
        name=name,
        version=version,
        file=f"{name}.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        labels=trained.module.LABELS,
        input=Input(**_tensor(given), black=trained.spec.black, white=trained.spec.white),
        output=Tensor(**_tensor(answered)),
        score_knots=trained.score_knots,
        training={"data": "FER-2013", "sha256": trained.sha256, **trained.recipe},
    )
    model = Model(card, content)
    proof = prove(by_float, model, test)
    evidence = {
        "data": data or {},
        "float_tensors": floats,
        "float_weights_bytes": 4 * trained.model.count_params(),
        "calibration_faces": int(chosen.sum()),
        **proof.as_json(),
    }
    return Conversion(Model(card.model_copy(update={"evidence": evidence}), content), proof)


def write(conversion: Conversion, out: Path) -> None:
    """Write `NAME.tflite` and `NAME.json` into `out`. Raises CannotWrite.

    Both are whole before either takes its place. The card comes last; a kill between the two leaves a card that names
    another hash, and such a pair is never loaded.
    """
    card = conversion.model.card
    path = out / card.file
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    try:
        with writing(path):
            part.write_bytes(conversion.model.content)
            settle(part)
        with whole(out / f"{card.name}.json") as card_part:
            card_part.write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n")
            settle(card_part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _tensor(described: dict[str, Any]) -> dict[str, Any]:
    scale, zero_point = described["quantization"]
    return {
        "shape": tuple(int(side) for side in described["shape"]),
        "dtype": np.dtype(described["dtype"]).name,
        "scale": scale,
        "zero_point": zero_point,
    }
