"""Networks that were trained elsewhere: converted, run and evaluated, or refused in one sentence."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from typer.testing import CliRunner, Result

from converter.cli import app
from converter.foreign.about import read_about
from converter.foreign.reading import load_foreign
from converter.quantize import to_int8_by_samples
from converter.strategies import strategy_for
from converter.strategies.post_training import post_training
from converter.strategies.representative import representative
from edge.core.errors import BadConfiguration, BadModel, EdgeError, SourceNotFound
from edge.core.labels import EMOTIONS
from edge.vision.expression import ExpressionReader
from edge.vision.model_folder import emotion_card
from models.datasets import fer2013

SEVEN = f"labels = {list(EMOTIONS)}\nblack = 0\nwhite = 255\n"
GREYS = np.random.default_rng(1).uniform(0, 255, (5, 48, 48, 1)).astype(np.float32)


@pytest.fixture
def about(tmp_path: Path) -> Path:
    path = tmp_path / "model.toml"
    path.write_text(SEVEN)
    return path


def rows_network(channels: int = 1) -> keras.Model:
    """A Sequential as people write it: what it sees in the rows of the tests' faces, it answers."""
    return keras.Sequential(
        [
            keras.Input((48, 48, channels)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, padding="same"),
            layers.Activation("relu"),
            layers.MaxPooling2D((6, 6)),
            layers.Flatten(),
            layers.Dense(7),
            layers.Activation("softmax"),
        ]
    )


@pytest.fixture(scope="module")
def theirs(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that learnt the tests' faces, as colours, around a nested model."""
    faces = fer2013.load(tiny, "train").emotions(0.0)
    colours = keras.Input((48, 48, 3))
    keras.utils.set_random_seed(0)
    model = keras.Model(colours, rows_network(3)(colours))
    model.compile(keras.optimizers.Adam(1e-2), loss="categorical_crossentropy")
    pictures = np.repeat(faces.crops[..., np.newaxis], 3, axis=3).astype(np.float32)
    model.fit(pictures, faces.targets, batch_size=32, epochs=6, verbose=0)
    path = tmp_path_factory.mktemp("theirs") / "Their Net.keras"
    model.save(path)
    return path


def converted(model: Path, about: Path, tiny: Path, out: Path, *more: object) -> Result:
    words = (model, "--about", about, "--calibration", tiny, "--out", out, "--tolerance", 1, *more)
    return CliRunner().invoke(app, [*map(str, words)])


def test_it_is_converted_and_runs_alone_in_its_folder(theirs: Path, about: Path, tiny: Path, tmp_path: Path) -> None:
    result = converted(theirs, about, tiny, tmp_path / "mine")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "their-net.json",
        "their-net.md",
        "their-net.tflite",
    ]
    card = json.loads((tmp_path / "mine" / "their-net.json").read_text())
    assert card["input"]["shape"] == [1, 48, 48, 1], "the runtime gives it grey"
    assert card["evidence"]["int8"]["accuracy"] > 0.8
    assert card["evidence"]["top1_agreement"] > 0.95
    assert "trained elsewhere" in (tmp_path / "mine" / "their-net.md").read_text()
    read = ExpressionReader(tmp_path / "mine", emotion=emotion_card(tmp_path / "mine"))
    test = fer2013.load(tiny, "test").emotions(0.0)
    right = [read(crop).emotion == EMOTIONS[true] for crop, true in zip(test.crops, test.ground_truth, strict=True)]
    assert np.mean(right) == pytest.approx(card["evidence"]["int8"]["accuracy"], abs=1e-3)


def test_the_flat_graph_answers_as_theirs_did(theirs: Path, about: Path) -> None:
    trained = load_foreign(theirs, read_about(about))
    model = keras.saving.load_model(theirs)
    expected = np.asarray(model.predict(np.repeat(GREYS, 3, axis=3), verbose=0))
    assert np.asarray(trained.model.predict(GREYS / 255, verbose=0)) == pytest.approx(expected, abs=1e-5)
    assert strategy_for(trained) is post_training, "it can be folded"


def test_other_layers_are_quantized_by_tflite(about: Path, tmp_path: Path) -> None:
    face = keras.Input((48, 48, 1))
    x = layers.AveragePooling2D(4)(layers.Conv2D(4, 3, activation="swish")(face))
    model = keras.Model(face, layers.Dense(7, activation="softmax")(layers.Flatten()(x)))
    model.save(tmp_path / "swish.keras")
    trained = load_foreign(tmp_path / "swish.keras", read_about(about))
    assert strategy_for(trained) is representative
    content = to_int8_by_samples(trained.model, GREYS)
    assert content[4:8] == b"TFL3"


def test_labels_of_other_names_stand_for_emotions(about: Path, tiny: Path, tmp_path: Path) -> None:
    about.write_text(
        'labels = ["glad", "cross"]\nblack = 0\nwhite = 1\n[classes]\nglad = ["happy", "surprise"]\ncross = ["angry"]\n'
    )
    face = keras.Input((24, 24, 1))
    keras.Model(face, layers.Dense(2, activation="softmax")(layers.Flatten()(face))).save(tmp_path / "two.keras")
    target = load_foreign(tmp_path / "two.keras", read_about(about)).network.target
    samples = target.samples(fer2013.load(tiny, "test"))
    assert samples.faces.labels == ("glad", "cross")
    assert np.bincount(samples.faces.ground_truth).tolist() == [18, 9]
    even = np.zeros((1, 7), np.float32)
    assert target.taught(even, even)[0] == pytest.approx([2 / 3, 1 / 3])


def ending(units: int, activation: str | None) -> keras.Model:
    face = keras.Input((48, 48, 1))
    return keras.Model(face, layers.Dense(units, activation=activation)(layers.Flatten()(face)))


def with_nan() -> keras.Model:
    model = ending(7, "softmax")
    model.layers[-1].set_weights([np.full_like(weights, np.nan) for weights in model.layers[-1].get_weights()])
    return model


def over(*shape: int | None) -> keras.Model:
    face = keras.Input(shape)
    return keras.Model(face, layers.Dense(7, activation="softmax")(layers.GlobalAveragePooling2D()(face)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ending(7, None), "does not answer with probabilities"),
        (lambda: ending(5, "softmax"), "answers with (5,) numbers, and --about names 7 labels"),
        (with_nan, "holds weights that are no numbers"),
        (lambda: over(48, 40, 1), "is given 48x40x1"),
        (lambda: over(None, None, 3), "does not say how large its input is"),
        (lambda: over(48, 48, 4), "is given 48x48x4"),
    ],
)
def test_what_cannot_be_used_is_refused(make: object, message: str, about: Path, tmp_path: Path) -> None:
    assert callable(make)
    make().save(tmp_path / "bad.keras")
    with pytest.raises(BadModel) as raised:
        load_foreign(tmp_path / "bad.keras", read_about(about))
    assert message in raised.value.happened
    assert raised.value.fix.endswith(".")


@pytest.fixture
def unknown_layer(tmp_path: Path) -> Path:
    class Odd(layers.Layer):
        def call(self, given: object) -> object:
            return given

    face = keras.Input((48, 48, 1))
    path = tmp_path / "odd.keras"
    keras.Model(face, layers.Dense(7, activation="softmax")(layers.Flatten()(Odd()(face)))).save(path)
    return path


def test_an_unknown_layer_is_named(unknown_layer: Path, about: Path) -> None:
    with pytest.raises(BadModel, match="a layer that Keras does not know, Odd"):
        load_foreign(unknown_layer, read_about(about))


def test_old_files_and_folders_say_what_to_do(about: Path, tmp_path: Path) -> None:
    (tmp_path / "old.h5").write_bytes(b"x")
    with pytest.raises(BadModel, match="Keras' old form") as raised:
        load_foreign(tmp_path / "old.h5", read_about(about))
    assert ".keras" in raised.value.fix
    with pytest.raises(SourceNotFound, match="without a SavedModel"):
        load_foreign(tmp_path, read_about(about))


def test_a_saved_model_is_read(about: Path, tmp_path: Path) -> None:
    model = ending(7, "softmax")
    model.export(tmp_path / "saved", verbose=False)
    about.write_text(f"{SEVEN}size = 48\nchannels = 1\n")
    trained = load_foreign(tmp_path / "saved", read_about(about))
    expected = np.asarray(model.predict(GREYS, verbose=0))
    assert np.asarray(trained.model.predict(GREYS, verbose=0)) == pytest.approx(expected, abs=1e-5)
    assert to_int8_by_samples(trained.model, GREYS)[4:8] == b"TFL3"


def test_a_network_that_guesses_gets_no_card(about: Path, tiny: Path, tmp_path: Path) -> None:
    ending(7, "softmax").save(tmp_path / "guess.keras")
    result = converted(tmp_path / "guess.keras", about, tiny, tmp_path / "mine")
    assert result.exit_code == EdgeError.exit_code
    assert "of 7 classes is chance" in result.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('labels = ["a", "b"]\nblack = 0\nwhite = 1\n', "say under \\[classes\\] which of angry"),
        ("labels = []\nblack = 0\nwhite = 1\n", "labels"),
        (f"labels = {list(EMOTIONS)}\n", "black: Field required"),
        ("labels = [", "cannot be read"),
    ],
)
def test_a_description_that_is_none_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(text)
    with pytest.raises(BadConfiguration, match=message):
        read_about(tmp_path / "model.toml")


def test_onnx_answers_as_it_does(theirs: Path, about: Path, tiny: Path, tmp_path: Path) -> None:
    result = converted(theirs, about, tiny, tmp_path / "mine", "--to", "onnx")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "mine" / "their-net.onnx").exists()
