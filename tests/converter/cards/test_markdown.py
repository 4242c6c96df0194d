"""The model card for people says what the card for programs holds, and what the network must not be used for."""

import re
from typing import Any

import pytest

from converter.cards.markdown import model_card
from edge.core.labels import EMOTIONS, LEVELS
from edge.vision.card import Card, load_card, shipped_models


def figures(labels: tuple[str, ...], recall: float) -> dict[str, Any]:
    rows = {label: {"recall": recall, "precision": 0.7, "f1": 0.6, "n": 10} for label in labels}
    rows[labels[1]]["recall"] = 0.4321
    total = {"n": 70, "accuracy": 0.7123, "balanced_accuracy": 0.6543, "expected_calibration_error": 0.0123}
    return {
        "int8": {**total, "per_class": rows},
        "float_accuracy": 0.7133,
        "recall_drop": dict.fromkeys(labels, 0.001),
        "top1_agreement": 0.9876,
        "largest_probability_gap": 0.0765,
    }


def card(name: str, labels: tuple[str, ...], **evidence: Any) -> Card:
    tensor = {"shape": (1, 64, 64, 1), "scale": 0.01, "zero_point": 0}
    return Card.model_validate(
        {
            **{"name": name, "version": "9", "file": f"{name}.tflite", "sha256": "ab" * 32, "size_bytes": 2_700_000},
            **{"labels": labels, "input": {**tensor, "black": -1.0, "white": 1.0}, "output": tensor},
            "training": {"network": name, "sha256": "cd" * 32},
            "conversion": {
                "calibration_faces": 350,
                "temperature": 1.2345,
                "class_bias": {**dict.fromkeys(labels, 0.0), labels[1]: 0.3},
                "compared_with": "float.keras",
            },
            "evidence": {
                **figures(labels, 0.7),
                "data": {"name": "faces", "split": "test", "n": 70, "sha256": {"test.zip": "ef" * 32}},
                "operators": {"CONV_2D": 35},
                "calibration_error": {"float_unadjusted": 0.0987, "float": 0.0211, "int8": 0.0222},
                "latency": {"int8_ms": 0.5, "float_ms": 1.0, "ratio": 0.51, "machine": "riscv"},
                "interpreters": {
                    "litert": {"version": "2.3.0", "n": 64, "top1_agreement": 1.0},
                    "tflite-runtime": {"version": "2.14.0", "n": 64, "top1_agreement": 0.97},
                },
                **evidence,
            },
        }
    )


def test_the_figures_of_an_emotion_network_are_listed() -> None:
    text = model_card(card("emotion", EMOTIONS, against={"ferplus": figures(EMOTIONS, 0.8)}))
    assert text.startswith("# emotion, version 9\n")
    text = " ".join(text.split())
    for said in (
        "2.70 MB",
        "ab" * 32,
        "64x64 grey INT8, resized from a 48x48 crop",
        "70 faces of faces, test split (test.zip `efefefefefef...`)",
        "| accuracy | 0.7123 | 0.7133 |",
        "| expected calibration error | 0.0222 | 0.0211 |",
        "| the same before its temperature was fitted | | 0.0987 |",
        "98.76% of the faces",
        "| an answer in LiteRT, one thread, riscv | 0.50 ms (0.50 of float's) | 1.00 ms |",
        "| disgust | 0.4321 | 0.7000 | 0.6000 | +0.0010 | 10 |",
        "Against the majority of the FER+ votes (70 faces",
        "it finds disgust least often, 0.4321 of them",
        "Temperature 1.2345",
        "disgust +0.30",
        "between the ranges that 350 training faces, equally many a class, reach",
        "`float.keras`",
    ):
        assert said in text


def test_a_network_tuned_for_int8_was_shown_no_faces_to_calibrate() -> None:
    tuned = card("emotion", EMOTIONS)
    text = model_card(tuned.model_copy(update={"conversion": {**tuned.conversion, "calibration_faces": 0}}))
    assert "stored between the ranges of its fine-tuning" in " ".join(text.split())


def test_what_it_must_not_be_used_for_stands_in_every_card() -> None:
    for name, labels in (("emotion", EMOTIONS), ("expressiveness", tuple(LEVELS))):
        text = model_card(card(name, labels))
        assert "must not be used" in text
        assert "Article 5(1)(f)" in text
        assert "candidates, employees, pupils" in text


def test_the_score_of_an_expressiveness_network_is_described() -> None:
    shipped = load_card(shipped_models() / "expressiveness.json")
    labels = tuple(level.value for level in LEVELS)
    level = {"accuracy": 0.66, "balanced_accuracy": 0.64, "per_class": figures(labels, 0.7)["int8"]["per_class"]}
    raters = {"rank_correlation": 0.77, "float_rank_correlation": 0.78, "normal_correlation": 0.86}
    evidence = {**figures(labels, 0.7), "score": {**raters, "normal_difference": 0.25, "level": level}}
    text = " ".join(model_card(shipped.model_copy(update={"evidence": evidence})).split())
    for said in (
        "| answers | a logit each for reserved, balanced, expressive |",
        "The rank correlation of the network's score and the raters' is 0.7700 (float 0.7800).",
        "the correlation is 0.8600 and the mean difference 0.2500",
        "over the 28559 training faces, scaled so that the tertiles fall on -0.303 and 0.294",
        "on the 3579 validation faces",
    ):
        assert said in text


@pytest.mark.parametrize("name", ["emotion", "expressiveness"])
def test_tables_are_whole_also_where_a_card_holds_less(name: str) -> None:
    text = model_card(load_card(shipped_models() / f"{name}.json"))
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert "None" not in text
    assert max(map(len, (line for line in text.splitlines() if not line.startswith("|")))) <= 120
