"""A conversion from end to end: adjust, quantize, prove, and hand over a network with its card."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from converter.cards import card_of, complete
from converter.correct import correct_bias
from converter.equalize import equalize
from converter.interpreter_subprocess import Latency, latency
from converter.metadata import with_metadata
from converter.operators import operators
from converter.proof import Proof, prove
from converter.quantize import balanced_sample, to_float, to_int8
from converter.recipe import Recipe
from converter.temperature import Adjustment, fit
from converter.trained import Trained
from edge.evaluation.metrics import quality
from edge.vision.card import Model
from models.datasets.faces import Faces
from models.datasets.labelled import Labelled
from models.datasets.load import form_of, hashes, load
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.graph.stored import FLOAT


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The three splits of a data set, each for its own purpose, and what the card says of the last."""

    train: Labelled  # calibrates
    validation: Labelled  # is what temperature, class bias and score knots are fitted on
    test: Labelled  # proves
    about: Mapping[str, Any]


def read_data(path: Path) -> Data:
    """The splits of any data set that can be trained on. Raises SourceNotFound where it lacks one of them."""
    train, validation, test = (load(path, split) for split in ("train", "validation", "test"))
    about = {"name": form_of(path).name, "split": "test", "sha256": hashes(path, "test")}
    return Data(train, validation, test, about)


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """A converted network with its card, and how it compares with the float one."""

    model: Model
    proof: Proof
    latency: Latency


def convert(trained: Trained, data: Data, recipe: Recipe, *, version: str = "1") -> Conversion:
    """Quantize a network as the recipe says, and compare it with the float one on the test split.

    The weights of `trained` are adjusted in place. Raises BadModel where the result is not INT8 throughout, or where
    LiteRT does not load it.
    """
    validation, test = trained.faces(data.validation), trained.faces(data.test)
    reference = trained.model if trained.reference is None else trained.reference
    unadjusted = answers_of(reference, trained, test)
    adjusted, seen = _adjust(trained, recipe, validation)
    shown = _calibration(trained, data.train, recipe)
    content = _quantized(trained, shown, recipe, adjusted)

    card = card_of(trained, content, validation, seen, version).model_copy(
        update={"conversion": _about(recipe, trained, adjusted, 0 if trained.ranges is not None else len(shown))}
    )
    draft = Model(card, with_metadata(content, card))
    proof = prove(partial(answers_of, reference, trained), draft, test, trained.against(data.test))
    by_float = to_float(fold(reference))
    timed = latency(by_float, draft.content)
    compared = proof.compared
    evidence = {
        "data": {**data.about, "n": len(test)},
        "float_tensors": 0,
        "operators": operators(content),
        "float_weights_bytes": 4 * trained.model.count_params(),
        "float_tflite_bytes": len(by_float),
        "latency": timed.as_json(),
        "calibration_error": {
            "float_unadjusted": round(quality(test.ground_truth, unadjusted, test.labels).calibration_error, 4),
            "float": round(compared.float_quality.calibration_error, 4),
            "int8": round(compared.int8_quality.calibration_error, 4),
        },
        **({} if card.score_knots is None else {"score": compared.score_as_json(card.score_knots)}),
        **proof.as_json(),
    }
    return Conversion(complete(content, card.model_copy(update={"evidence": evidence})), proof, timed)


def answers_of(model: keras.Model, trained: Trained, faces: Faces) -> NDArray[np.float32]:
    """Probabilities (n, labels) that a float network gives."""
    return np.asarray(model.predict(trained.input.arrays(faces), batch_size=256, verbose=0), np.float32)


def _adjust(trained: Trained, recipe: Recipe, validation: Faces) -> tuple[Adjustment, NDArray[np.float32]]:
    """Fold the adjustment into the network and into its reference; also the answers that follow, on validation.

    A reference has a temperature of its own. Both have the same class bias, which is no matter of INT8.
    """
    answered = answers_of(trained.model, trained, validation)
    found = fit(answered, validation.ground_truth, recipe)
    if trained.reference is not None:
        own = fit(answers_of(trained.reference, trained, validation), validation.ground_truth, recipe)
        Adjustment(own.temperature, found.bias).fold_into(trained.reference)
    found.fold_into(trained.model)
    return found, found.of(answered)


def _quantized(trained: Trained, shown: NDArray[np.float32], recipe: Recipe, adjusted: Adjustment) -> bytes:
    """The network in INT8: between the ranges that it was fine-tuned with, else those that calibration faces reach."""
    folded = fold(trained.model)
    if trained.ranges is not None:
        return to_int8(folded, adjusted.fold_into_ranges(trained.ranges, folded))
    if recipe.equalize:
        equalize(folded, shown)
    if recipe.correct_bias:
        correct_bias(folded, shown)
    return to_int8(folded, calibrated(folded, shown, trained.input.value_range, recipe.seed))


def _calibration(trained: Trained, train: Labelled, recipe: Recipe) -> NDArray[np.float32]:
    faces = trained.faces(train)
    chosen = np.zeros(len(faces), bool)
    chosen[balanced_sample(faces.ground_truth, recipe.calibration_per_class, recipe.seed)] = True
    return trained.input.arrays(faces.where(chosen))


def _about(recipe: Recipe, trained: Trained, adjusted: Adjustment, faces: int) -> dict[str, Any]:
    """What the card says of the conversion itself."""
    biases = zip(trained.network.labels, adjusted.bias, strict=True)
    return {
        "recipe": recipe.model_dump(mode="json"),
        "calibration_faces": faces,
        "temperature": adjusted.temperature,
        "class_bias": {label: round(float(bias), 4) for label, bias in biases},
        "compared_with": trained.file if trained.reference is None else FLOAT,
    }
