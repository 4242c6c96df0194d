"""The score of a converted network: fitted to its own INT8 answers, at a conversion or again for a shipped file."""

from pathlib import Path
from typing import Any

import numpy as np

from converter.cards.building import complete
from converter.proof.comparison import Comparison
from converter.proof.interpreter_subprocess import outputs_of
from converter.score import fitted_score
from converter.splits import Splits
from converter.tflite_file import operators, tensors, without_softmax
from edge.core.errors import BadModel
from edge.core.labels import LEVELS
from edge.vision.card import Card, Model, OutputForm, load_card, load_model
from edge.vision.interpreters import installed_backends
from models.datasets.faces import Faces

_LABELS = tuple(level.value for level in LEVELS)


def with_score(model: Model, content: bytes, data: Splits) -> Model:
    """Fits the scale of a network's score to what INT8 answers.

    Args:
        model: The converted network, ending in logits; its card may lack a score.
        content: Its TFLite file without metadata.
        data: The quantiles come from the training split, the levels' probabilities from the validation split.

    Returns:
        The network with a score in its card.
    """
    train, validation = data.train.levels(), data.validation.levels()
    backend = installed_backends()[0]
    made = {
        "margin": "log((2 P(expressive) + P(balanced)) / (2 P(reserved) + P(balanced)))",
        "scores": "normal scores of the margin's quantiles over the training faces, their tertiles on the thresholds; "
        "linear in the margin between the quantiles and beyond them",
        "slopes": "greatest likelihood on the validation faces",
        "train_faces": len(train),
        "validation_faces": len(validation),
        **data.scored_on,
    }
    by_train, by_validation = (outputs_of(model, backend, faces.crops) for faces in (train, validation))
    score = fitted_score(by_train, by_validation, validation.ground_truth, made)
    return complete(content, model.card.model_copy(update={"score": score}))


def rescored(path: Path, data: Splits, version: str | None = None) -> Model:
    """Fits the score of a shipped network again, without the network that it was converted from.

    Args:
        path: `NAME.tflite`, with its card beside it.
        data: As of `with_score`; the test split gives the evidence.
        version: For the card; None for that of the shipped network.

    Returns:
        The network, ending in logits, and its card with a new score. Figures of the float network stay as they were
        measured, those of its score are dropped.

    Raises:
        BadModel: The file is not what its card says, or answers with something else than levels.
    """
    name = path.stem
    if load_card(path.with_suffix(".json")).labels != _LABELS:
        raise BadModel(f"{name} has no levels of expressiveness, so it has no score.", fix="Give one that has.")
    shipped = load_model(path.parent, name, _LABELS)
    content = without_softmax(shipped.content)
    scale, zero_point = tensors(content)[1]["quantization"]
    output = shipped.card.output.model_copy(
        update={"form": OutputForm.LOGITS, "scale": scale, "zero_point": int(zero_point)}
    )
    about = {"output": output, "score": None, "version": version or shipped.card.version}
    model = complete(content, shipped.card.model_copy(update=about))
    scored = with_score(model, content, data)
    evidence = _evidence(scored, content, shipped.card, data.test.levels())
    return complete(content, scored.card, evidence)


def _evidence(model: Model, content: bytes, before: Card, test: Faces) -> dict[str, Any]:
    assert model.card.score is not None
    found = outputs_of(model, installed_backends()[0], test.crops)
    compared = Comparison(test, np.zeros_like(found), found)
    evidence, int8 = dict(before.evidence), compared.int8_quality.as_json()
    if "float_accuracy" in evidence:
        rows = evidence["int8"]["per_class"]
        evidence["recall_drop"] = {
            label: round(drop + rows[label]["recall"] - int8["per_class"][label]["recall"], 4)
            for label, drop in evidence["recall_drop"].items()
        }
        evidence["accuracy_drop"] = round(evidence["float_accuracy"] - int8["accuracy"], 4)
    if "calibration_error" in evidence:
        error = int8["expected_calibration_error"]
        evidence["calibration_error"] = {**evidence["calibration_error"], "int8": error}
    score = compared.reported_as_json(model.card.score)
    return {**evidence, "operators": operators(content), "int8": int8, "score": score}
