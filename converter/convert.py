"""A conversion from end to end: quantize, prove, and write model and card together, or neither."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from converter.proof import Proof, prove
from converter.quantize import balanced_sample, tensors, to_int8
from edge.core.errors import BadModel, CannotWrite
from edge.vision.card import Card, Input, Model, ScoreKnots, Tensor
from models.datasets.faces import Faces
from models.networks import network
from models.training.batches import inputs


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """A converted network with its card, and how it compares with the float one."""

    model: Model
    proof: Proof


def convert(
    path: Path, calibration: Faces, test: Faces, *, each: int = 50, version: str = "1", training: dict[str, object]
) -> Conversion:
    """Quantize the network at `path` (`.keras`) by `each` calibration faces a class, and compare both on `test`.

    Raises BadModel where the result is not INT8 throughout.
    """
    trained = keras.saving.load_model(path)
    module = network(trained.name)
    spec = module.input_spec(trained.input_shape[1])
    chosen = np.zeros(len(calibration), bool)
    chosen[balanced_sample(calibration.truth, each)] = True
    content = to_int8(trained, inputs(calibration.where(chosen), spec))
    given, answered, floats = tensors(content)
    if floats:
        raise BadModel(f"{path} converts with {floats} float tensors inside.", fix="Use layers that have INT8 kernels.")
    knots = path.with_name("score_knots.json")
    card = Card(
        name=trained.name,
        version=version,
        file=f"{trained.name}.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        labels=module.LABELS,
        input=Input(**_tensor(given), black=spec.black, white=spec.white),
        output=Tensor(**_tensor(answered)),
        score_knots=ScoreKnots(**json.loads(knots.read_text())) if knots.is_file() else None,
        training=training,
    )
    model = Model(card, content)
    proof = prove(trained, model, test)
    proven = card.model_copy(update={"evidence": proof.as_json()})
    return Conversion(Model(proven, content), proof)


def write(conversion: Conversion, out: Path) -> None:
    """Write `NAME.tflite` and `NAME.json` into `out`. Raises CannotWrite."""
    card = conversion.model.card
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / card.file).write_bytes(conversion.model.content)
        (out / f"{card.name}.json").write_text(json.dumps(card.model_dump(mode="json"), indent=2) + "\n")
    except OSError as error:
        raise CannotWrite(
            f"{out} cannot be written: {error.strerror}.", fix="Give another folder with --out."
        ) from None


def _tensor(described: dict[str, Any]) -> dict[str, Any]:
    scale, zero_point = described["quantization"]
    return {
        "shape": tuple(int(side) for side in described["shape"]),
        "dtype": np.dtype(described["dtype"]).name,
        "scale": scale,
        "zero_point": zero_point,
    }
