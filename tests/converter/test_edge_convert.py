"""`edge-convert` from end to end through the real converter: what it writes, what it refuses, what it says."""

import io
import json
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import keras
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from converter.cards.shipping import write
from converter.cli import app
from converter.convert import Conversion, convert
from converter.proof.comparison import Comparison
from converter.proof.interpreter_subprocess import outputs_of
from converter.recipe import Recipe
from converter.splits import read_splits
from converter.trained import load_trained
from edge.core.errors import BadModel
from edge.core.labels import EMOTIONS, LEVELS
from edge.vision.card import Model, load_model
from edge.vision.classifier import Classifier
from edge.vision.interpreters import installed_backends
from models.datasets import fer2013
from models.networks import cnn, mobilenet

LABELS = tuple(level.value for level in LEVELS)


def edge_convert(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def conversion(tiny: Path, expressiveness: Path) -> Conversion:
    recipe = Recipe(calibration_per_class=20, temperature=False)
    return convert(load_trained(expressiveness), read_splits(tiny), recipe, version="7")


def test_model_and_card_are_written_and_belong_together(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "models"
    result = edge_convert(
        expressiveness, "--calibration", tiny, "--out", out, "--tolerance", 1, "--card-version", "2026.1"
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "expressiveness.json",
        "expressiveness.md",
        "expressiveness.tflite",
    ]
    assert result.stderr == ""
    said, wrote = result.stdout.splitlines()
    assert said.startswith("Accuracy on 63 test faces: ")
    assert "loaded by litert" in said
    assert wrote == f"Wrote expressiveness.tflite, its card and expressiveness.md to {out}."

    model = load_model(out, "expressiveness", LABELS)
    card = model.card
    assert (card.version, card.input.shape, card.size_bytes) == ("2026.1", (1, 48, 48, 1), len(model.content))
    assert card.score is not None
    assert (card.score.made["train_faces"], card.score.made["validation_faces"]) == (224, 42)
    assert "SOFTMAX" not in card.evidence["operators"], "the runtime applies it"
    evidence = card.evidence
    assert evidence["float_tensors"] == 0
    assert evidence["int8"]["n"] == 63
    digest = sha256((tiny / "test.zip").read_bytes()).hexdigest()
    assert evidence["data"] == {"name": "FER-2013 in zips", "split": "test", "n": 63, "sha256": {"test.zip": digest}}
    assert evidence["operators"]["CONV_2D"] == 3
    assert evidence["float_tflite_bytes"] > 3 * card.size_bytes
    timed = evidence["latency"]
    assert 0.05 < timed["ratio"] < 5
    assert timed["ratio"] == pytest.approx(timed["int8_ms"] / timed["float_ms"], rel=5e-3), "the three figures agree"
    assert set(evidence["calibration_error"]) == {"float_unadjusted", "float", "int8"}
    assert -1 <= evidence["score"]["rank_correlation"] <= 1
    assert evidence["backends"] == [str(backend) for backend in installed_backends()]
    assert evidence["interpreters"]["litert"]["largest_gap_steps"] == 0
    assert card.training["network"] == "expressiveness"
    assert card.conversion["recipe"] == Recipe().model_dump()
    assert card.conversion["calibration_faces"] == 150
    assert card.conversion["temperature"] != 1
    assert card.training["sha256"] == sha256(expressiveness.read_bytes()).hexdigest()


def test_every_interpreter_reads_it_and_gives_the_same_labels(conversion: Conversion, tiny: Path) -> None:
    faces = fer2013.load(tiny, "test").crops[:20]
    read = [outputs_of(conversion.model, backend, faces) for backend in installed_backends()]
    for found in read:
        assert found.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)
        assert np.abs(found - read[0]).max() <= 4 * conversion.model.card.output.scale
    assert [found.backend for found in conversion.proof.interpreters] == list(installed_backends())
    assert all(found.agreement >= 0.9 for found in conversion.proof.interpreters)


def test_the_first_interpreter_answers_in_a_process_of_its_own_as_it_does_here(
    conversion: Conversion, tiny: Path
) -> None:
    faces = fer2013.load(tiny, "test").crops[:5]
    classify = Classifier(conversion.model)
    assert np.array_equal(
        outputs_of(conversion.model, classify.backend, faces), np.stack([classify(face) for face in faces])
    )


def test_a_model_that_no_interpreter_loads_is_named(conversion: Conversion, tiny: Path) -> None:
    card = conversion.model.card
    other = card.model_copy(update={"output": card.output.model_copy(update={"zero_point": 0})})
    faces = fer2013.load(tiny, "test").crops[:1]
    with pytest.raises(BadModel, match=r"litert does not read expressiveness\.tflite: .*zero point"):
        outputs_of(Model(other, conversion.model.content), installed_backends()[0], faces)


def test_int8_answers_as_the_float_network_does(conversion: Conversion) -> None:
    compared = conversion.proof.comparison
    assert compared.agreement >= 0.9
    assert compared.largest_gap < 0.15
    assert compared.float_quality.n == compared.int8_quality.n == 63


def test_the_card_inside_is_the_card_beside_but_for_the_files_own_hash(conversion: Conversion) -> None:
    model = conversion.model
    with ZipFile(io.BytesIO(model.content)) as archive:
        inside = json.loads(archive.read("card.json"))
    beside = model.card.model_dump(mode="json")
    assert beside.pop("sha256") == sha256(model.content).hexdigest()
    assert beside.pop("size_bytes") == len(model.content)
    assert inside == beside


def test_below_the_required_agreement_nothing_is_written(
    conversion: Conversion, tiny: Path, expressiveness: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.convert.convert", lambda *given, **how: conversion)  # it takes seconds
    recipe = tmp_path / "strict.toml"
    recipe.write_text("least_agreement = 1.0\n")
    monkeypatch.setattr(type(conversion.proof.comparison), "agreement", 0.98)
    words = (expressiveness, "--calibration", tiny, "--tolerance", 1, "--recipe", recipe)
    result = edge_convert(*words, "--out", tmp_path / "models")
    assert result.exit_code == 1
    assert "agree on 0.9800 of the faces, less than 1.0: nothing was written." in result.stderr
    assert not (tmp_path / "models").exists()


@pytest.mark.slow
def test_a_network_fine_tuned_for_int8_is_compared_with_the_one_it_began_as(
    tiny: Path, expressiveness: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "best.keras"
    shutil.copyfile(expressiveness, tuned)
    keras.utils.set_random_seed(5)
    cnn.build().save(tmp_path / "float.keras")
    trained = load_trained(tuned)
    found = convert(trained, read_splits(tiny), Recipe(calibration_per_class=10))
    assert found.model.card.conversion["compared_with"] == "float.keras"
    assert found.proof.comparison.agreement < 0.8, "an untrained network answers otherwise"
    mobilenet.build(48).save(tmp_path / "float.keras")
    with pytest.raises(BadModel, match="holds emotion of 48 px"):
        load_trained(tuned)


def test_above_the_tolerance_nothing_is_written(
    conversion: Conversion, tiny: Path, expressiveness: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.convert.convert", lambda *faces, **how: conversion)  # it takes seconds
    out = tmp_path / "models"
    monkeypatch.setattr(Comparison, "drop", 0.02)
    result = edge_convert(expressiveness, "--calibration", tiny, "--out", out, "--tolerance", 0.01)
    assert result.exit_code == 1
    assert "INT8 loses 0.0200 of accuracy, more than 0.01: nothing was written." in result.stderr
    below = edge_convert(expressiveness, "--calibration", tiny, "--out", out, "--tolerance", -1)
    assert (below.exit_code, "--tolerance" in below.stderr) == (2, True)
    assert not out.exists()


def test_a_conversion_that_cannot_be_finished_leaves_the_pair_before(
    conversion: Conversion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(conversion.model, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = Model(conversion.model.card.model_copy(update={"version": "8"}), b"other")
    monkeypatch.setattr(Path, "replace", _full)
    with pytest.raises(Exception, match="No space left"):
        write(other, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _full(path: Path, target: Path) -> None:
    raise OSError(28, "No space left on device")


def test_what_is_no_network_of_ours_is_named(tiny: Path, tmp_path: Path) -> None:
    keras.Sequential([keras.Input((10,)), keras.layers.Dense(2)], name="digits").save(tmp_path / "digits.keras")
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "cut.keras").write_bytes((tmp_path / "digits.keras").read_bytes()[:2000])
    (tmp_path / "old.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with zipfile.ZipFile(tmp_path / "digits.keras") as sound, zipfile.ZipFile(tmp_path / "deep.keras", "w") as deep:
        for member in sound.namelist():
            deep.writestr(member, "[" * 100_000 if member == "config.json" else sound.read(member))
    for name, said in (
        ("deep.keras", "is no network that Keras can read"),
        ("digits.keras", "named digits from (None, 10) to (None, 2)"),
        ("text.keras", "(5 bytes) is no network that Keras can read"),
        ("cut.keras", "(2000 bytes) is no network that Keras can read"),
        ("old.h5", "(8 bytes) is no network that Keras can read"),
    ):
        result = edge_convert(tmp_path / name, "--calibration", tiny, "--out", tmp_path / "out")
        assert result.exit_code == 78
        assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_what_lies_beside_a_network_belongs_to_it(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    shutil.copyfile(expressiveness, tmp_path / "best.keras")
    words = (tmp_path / "best.keras", "--calibration", tiny, "--out", tmp_path / "out")
    for text, said in (('{"other": [-1, 1]}', "does not belong to this expressiveness"), ("[1]", "holds no ranges")):
        (tmp_path / "ranges.json").write_text(text)
        result = edge_convert(*words)
        assert (result.exit_code, said in result.stderr) == (78, True), result.output
    (tmp_path / "ranges.json").unlink()
    (tmp_path / "recipe.json").write_text("{")
    result = edge_convert(*words)
    assert (result.exit_code, "recipe.json cannot be read" in result.stderr) == (78, True)
    assert not (tmp_path / "out").exists()


def test_a_recipe_that_is_a_folder_is_said(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    result = edge_convert(
        expressiveness, "--calibration", tiny, "--out", tmp_path / "out", "--recipe", expressiveness.parent
    )
    said = f"Error: {expressiveness.parent} cannot be read: Is a directory. Give a TOML or a JSON file.\n"
    assert (result.exit_code, result.stderr) == (78, said)


def test_what_is_missing_is_said(tiny: Path, expressiveness: Path, tmp_path: Path) -> None:
    folder = edge_convert(tmp_path, "--calibration", tiny, "--out", tmp_path / "out")
    assert (folder.exit_code, f"{tmp_path} is a folder." in folder.stderr) == (66, True)
    absent = edge_convert(tmp_path / "absent.keras", "--calibration", tiny, "--out", tmp_path / "out")
    assert (absent.exit_code, "There is no file" in absent.stderr) == (66, True)
    no_data = edge_convert(expressiveness, "--calibration", tmp_path / "none", "--out", tmp_path / "out")
    assert (no_data.exit_code, "does not exist" in no_data.stderr) == (66, True)
    (tmp_path / "file").touch()
    no_folder = edge_convert(expressiveness, "--calibration", tiny, "--out", tmp_path / "file")
    assert (no_folder.exit_code, "is no folder" in no_folder.stderr) == (74, True)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_emotion_network_converts(tiny: Path, emotion: Path, tmp_path: Path) -> None:
    result = edge_convert(emotion, "--calibration", tiny, "--out", tmp_path, "--tolerance", 1)
    assert result.exit_code == 0, result.output
    model = load_model(tmp_path, "emotion", EMOTIONS)
    assert model.card.score is None
    against = model.card.evidence["against"]["ferplus"]
    assert 0 < against["int8"]["n"] <= 63
    assert model.card.evidence["float_tensors"] == 0
    for backend in installed_backends():
        assert Classifier(model, backend)(np.zeros((48, 48), np.uint8)).shape == (7,)
