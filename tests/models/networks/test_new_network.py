"""A new network is one file and, once it is converted, one card: nothing that lists networks changes."""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from typer.testing import CliRunner

import models.networks
from converter.cli import app as convert_app
from edge.cli.evaluate import app as evaluate_app
from edge.core.labels import EMOTIONS
from edge.vision.card import load_model
from edge.vision.classifier import Classifier, Scorer
from edge.vision.readers import card_names, reader_of
from models.cli.train import app as train_app
from models.datasets.load import load
from models.networks import network, networks, recipes
from tests.models.samples import known

FILE = '''
"""Whether a face smiles."""

from dataclasses import dataclass

import numpy as np

from edge.core.labels import EMOTIONS
from edge.core.face.preprocess import InputSpec
from models.datasets.faces import Faces
from models.specs.inputs import CropInput
from models.specs.network import Network
from models.specs.recipe import Augmentation, Recipe
from models.specs.targets import Samples


@dataclass(frozen=True)
class Smiles:
    labels: tuple[str, ...] = ("other", "smiling")
    scored: bool = False

    def samples(self, split, recipe=None):
        smiles = (split.emotion == EMOTIONS.index("happy")).astype(np.int64)
        faces = Faces(split.crops, np.eye(2, dtype=np.float32)[smiles], smiles, self.labels)
        return Samples(faces, np.arange(len(split)))

    def others(self, split):
        return {}


def build(size=24, *, init=None, dropout=0.0):
    import keras

    face = keras.Input((size, size, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(face)
    x = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(x))
    return keras.Model(face, x, name="smile")


RECIPE = Recipe(
    name="smile", network="smile", stages=((24, 4),), batch=10, learning_rate=1e-2, weight_decay=0.0, votes_weight=0.0,
    label_smoothing=0.0, patience=9, balance=1.0,
    augmentation=Augmentation(flip=False, turn_deg=0, shift=0, zoom=0, contrast=0, brightness=0, erase=0),
)
NETWORK = Network(
    name="smile",
    description="Whether a face smiles.",
    input=CropInput(InputSpec(24, black=0.0, white=1.0)),
    target=Smiles(),
    build=build,
    recipes=(RECIPE,),
)
'''


@pytest.fixture
def smile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more file in the package of networks."""
    package = tmp_path / "networks"
    package.mkdir()
    (package / "smile.py").write_text(FILE)
    monkeypatch.setattr(models.networks, "__path__", [*models.networks.__path__, str(package)])
    yield
    sys.modules.pop("models.networks.smile", None)


def done(app: Any, *words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    assert result.exit_code == 0, result.output
    return result.stdout


def by_label(tiny: Path, folder: Path) -> Path:
    """The test split as class folders that are called as the new network's labels are."""
    split = load(tiny, "test")
    for index, (crop, emotion) in enumerate(zip(split.crops, known(split.emotion), strict=True)):
        label = "smiling" if EMOTIONS[emotion] == "happy" else "other"
        (folder / label).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / label / f"{index}.png"), crop)
    return folder


@pytest.mark.usefixtures("smile")
def test_one_file_is_trained_converted_evaluated_and_read(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)  # it would last for the other tests
    assert "smile" in networks()
    assert recipes()["smile"].network == "smile"

    run, shipped = tmp_path / "run", tmp_path / "models"
    assert f"The best network is {run / 'best.keras'}." in done(train_app, "smile", "--data", tiny, "--out", run)
    done(convert_app, run / "best.keras", "--calibration", tiny, "--out", shipped, "--tolerance", 1)
    assert card_names(shipped) == ("smile",)
    assert "Whether a face smiles." in (shipped / "smile.md").read_text()

    faces = by_label(tiny, tmp_path / "faces")
    words = (faces, "--model", "smile", "--models", shipped, "--format", "json")
    figures = json.loads(done(evaluate_app, *words))
    assert (figures["model"], figures["n"]) == ("smile", 21)
    assert figures["confusion_matrix"]["labels"] == ["other", "smiling"]
    card = json.loads((shipped / "smile.json").read_text())
    assert figures["accuracy"] == card["evidence"]["int8"]["accuracy"]
    votes = CliRunner().invoke(evaluate_app, [*map(str, words), "--votes", str(tiny / "labels.csv")])
    assert (votes.exit_code, "FER+'s votes say nothing of other, smiling" in votes.stderr) == (2, True)

    reader = reader_of(load_model(shipped, "smile", ("other", "smiling")))
    assert isinstance(reader, Classifier)
    shares = np.stack([reader(crop) for crop in load(tiny, "test").crops])
    assert shares.sum(axis=1) == pytest.approx(np.ones(21))


def test_networks_go_with_their_files(smile: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert network("smile").labels == ("other", "smiling")
    monkeypatch.setattr(models.networks, "__path__", list(models.networks.__path__)[:1])
    assert sorted(networks()) == [
        "emotion",
        "emotion-both",
        "emotion-ferplus",
        "emotion-landmarks",
        "emotion-vit",
        "expressiveness",
        "stress-lstm",
        "stress-tcn",
    ]


def test_a_network_that_answers_with_a_score_is_evaluated_by_levels(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mean grey value of a face, as a score from -1.5 to 1.5."""
    monkeypatch.setattr("edge.run.confine.confine", lambda *_, **__: None)
    shipped = score_network(tmp_path / "models")
    words = (tiny / "test.zip", "--model", "brightness", "--models", shipped, "--labels", "ferplus")
    figures = json.loads(done(evaluate_app, *words, "--format", "json"))
    assert figures["confusion_matrix"]["labels"] == ["reserved", "balanced", "expressive"]
    assert figures["n"] == 21
    assert figures["expected_calibration_error"] is None
    assert -1 <= figures["rank_correlation"] <= 1
    assert "expected calibration error -" in done(evaluate_app, *words)

    reader = reader_of(load_model(shipped, "brightness", ()))
    assert isinstance(reader, Scorer)
    dark, bright = (float(reader(np.full((48, 48), grey, np.uint8))[0]) for grey in (20, 235))
    assert [dark, bright] == pytest.approx([-1.26, 1.26], abs=0.05)


def score_network(folder: Path) -> Path:
    """Write a network with one output, and a card that says so."""
    face = keras.Input((48, 48, 1))
    mean = keras.layers.GlobalAveragePooling2D()(face)
    score = keras.layers.Dense(
        1, kernel_initializer=keras.initializers.Constant(3.0), bias_initializer=keras.initializers.Constant(-1.5)
    )
    model = keras.Model(face, score(mean))

    def shown() -> Iterator[list[NDArray[np.float32]]]:
        for grey in np.linspace(0, 1, 20):
            yield [np.full((1, 48, 48, 1), grey, np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations, converter.representative_dataset = [tf.lite.Optimize.DEFAULT], shown
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content = converter.convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    ends = {"input": interpreter.get_input_details()[0], "output": interpreter.get_output_details()[0]}
    tensors = {
        name: {
            "shape": found["shape"].tolist(),
            "scale": found["quantization"][0],
            "zero_point": found["quantization"][1],
        }
        for name, found in ends.items()
    }
    card = {
        **{"name": "brightness", "version": "1", "file": "brightness.tflite", "labels": []},
        **{"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)},
        "input": tensors["input"] | {"black": 0.0, "white": 1.0},
        "output": tensors["output"] | {"kind": "score"},
    }
    folder.mkdir()
    (folder / "brightness.tflite").write_bytes(content)
    (folder / "brightness.json").write_text(json.dumps(card))
    return folder
