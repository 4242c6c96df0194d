"""The two networks: what goes in, what comes out, and whose weights they start from."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from edge.core.errors import BadConfiguration, BadModel, SourceNotFound
from edge.core.face.landmarks import FEATURES
from edge.core.labels import EMOTIONS, LEVELS
from models.backend import need_keras
from models.networks import cnn, mobilenet, networks, recipes
from models.networks.cnn import EXPRESSIVENESS_DOCUMENTED
from models.networks.mobilenet import EMOTION, EMOTION_DOCUMENTED
from models.specs.recipe import Recipe
from models.training.saved import load_network


@pytest.fixture(scope="module")
def small_cnn() -> keras.Model:
    keras.utils.set_random_seed(1)
    return cnn.build(48)


def test_the_expressiveness_network(small_cnn: keras.Model) -> None:
    assert small_cnn.name == "expressiveness"
    assert small_cnn.input_shape == (None, 48, 48, 1)
    shares = np.asarray(small_cnn(np.zeros((2, 48, 48, 1), np.float32)))
    assert shares.shape == (2, len(LEVELS))
    assert shares.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_the_emotion_network_on_grey_answers_as_the_colour_network_did(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    colour = keras.applications.MobileNetV2(input_shape=(64, 64, 3), include_top=False, weights=None, pooling="avg")
    weights = tmp_path / "colour.weights.h5"
    colour.save_weights(weights)
    grey = mobilenet.build(64, init=str(weights))
    assert grey.input_shape == (None, 64, 64, 1)
    assert grey.output_shape == (None, len(EMOTIONS))
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype(np.float32)
    seen = [
        np.asarray(keras.Model(net.input, net.get_layer("Conv1").output)(shown))
        for net, shown in ((grey, pictures), (colour, np.repeat(pictures, 3, axis=3)))
    ]
    assert np.abs(seen[1]).max() > 0.1
    assert seen[0] == pytest.approx(seen[1], abs=1e-5)
    for layer in [layer for layer in colour.layers[2:] if layer.get_weights()]:
        for kept, given in zip(grey.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True):
            assert np.array_equal(kept, given)
    momentum = {layer.momentum for layer in grey.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert momentum == {0.9}


@pytest.mark.parametrize(("build", "name"), [(cnn.build, "other"), (cnn.build, "text"), (mobilenet.build, "text")])
def test_weights_of_something_else_are_refused(tmp_path: Path, build: Callable[..., keras.Model], name: str) -> None:
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "text.weights.h5").write_text("no weights")
    with pytest.raises(SourceNotFound, match="holds no weights of"):
        build(48, init=str(tmp_path / f"{name}.weights.h5"))


def test_a_network_of_ours_is_read_back(small_cnn: keras.Model, tmp_path: Path) -> None:
    small_cnn.save(tmp_path / "best.keras")
    face = np.ones((1, 48, 48, 1), np.float32)
    again = load_network(tmp_path / "best.keras")
    assert np.asarray(again(face)) == pytest.approx(np.asarray(small_cnn(face)), abs=1e-6)


def test_a_network_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((10,)), keras.layers.Dense(2)], name="digits").save(tmp_path / "digits.keras")
    names = "emotion or emotion-both or emotion-ferplus or emotion-landmarks or emotion-vit or expressiveness"
    expected = rf"named digits from \(None, 10\) to \(None, 2\); expected {names}"
    with pytest.raises(BadModel, match=expected):
        load_network(tmp_path / "digits.keras")


def test_a_namesake_with_other_labels_is_refused(tmp_path: Path) -> None:
    face = keras.Input((48, 48, 1))
    answer = keras.layers.Dense(5)(keras.layers.Flatten()(face))
    keras.Model(face, answer, name="expressiveness").save(tmp_path / "five.keras")
    with pytest.raises(BadModel, match=r"to \(None, 5\)"):
        load_network(tmp_path / "five.keras")


@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04 no zip"])
def test_a_file_that_is_no_network_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.keras"
    path.write_bytes(content)
    with pytest.raises(BadModel, match=rf"broken\.keras \({len(content)} bytes\) is no network"):
        load_network(path)
    with pytest.raises(SourceNotFound, match=r"no file .*absent\.keras"):
        load_network(tmp_path / "absent.keras")


def test_recipes_rise_through_their_sizes() -> None:
    recipe = dataclasses.replace(EMOTION, stages=((64, 2), (96, 3)))
    assert recipe.epochs == 5
    assert [recipe.size_px(epoch) for epoch in range(6)] == [64, 64, 96, 96, 96, 96]
    assert {name: recipe.name for name, recipe in recipes().items()} == {name: name for name in recipes()}
    assert {recipe.network for recipe in recipes().values()} == set(networks())
    for known in networks().values():
        assert known.input.size in (48, 64, 96, FEATURES)


def test_a_recipe_survives_being_kept() -> None:
    for recipe in recipes().values():
        assert Recipe.of_json(json.loads(json.dumps(recipe.as_json())), "here") == recipe
    with pytest.raises(BadConfiguration, match="here is no training recipe"):
        Recipe.of_json({"network": "emotion"}, "here")


def test_a_backend_that_will_not_do_is_named() -> None:
    need_keras()
    with pytest.raises(BadConfiguration, match=r"backend tensorflow will not do here\. Set KERAS_BACKEND to abacus"):
        need_keras(("abacus",))


def test_the_documented_expressiveness_network_is_as_documented(small_cnn: keras.Model) -> None:
    """Grey 48x48; convolutions of 32, 64 and 128 (3x3), each with batch normalisation, ReLU, pooling, dropout 0.25."""
    kinds = [type(layer).__name__ for layer in small_cnn.layers[1:]]
    block = ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D", "Dropout"]
    assert kinds == [*(3 * block), "Flatten", "Dense", "BatchNormalization", "Dropout", "Dense"]
    convolutions = [layer for layer in small_cnn.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [(layer.filters, layer.kernel_size) for layer in convolutions] == [(n, (3, 3)) for n in (32, 64, 128)]
    assert [layer.rate for layer in small_cnn.layers if isinstance(layer, keras.layers.Dropout)] == [0.25] * 3 + [0.5]
    dense = [layer for layer in small_cnn.layers if isinstance(layer, keras.layers.Dense)]
    assert [(layer.units, layer.activation.__name__) for layer in dense] == [(256, "relu"), (3, "softmax")]

    recipe = EXPRESSIVENESS_DOCUMENTED
    assert (recipe.network, recipe.stages, recipe.batch) == ("expressiveness", ((48, 50),), 32)
    assert (recipe.learning_rate, recipe.cosine, recipe.dropout, recipe.weight_decay) == (1e-3, False, 0.5, 0)
    assert recipe.patience < recipe.epochs
    how = recipe.augmentation
    assert min(how.turn_deg, how.shift, how.zoom, how.flip) > 0
    assert how.contrast == how.brightness == how.erase == 0
    assert no_tricks(recipe)


def test_the_documented_emotion_network_is_as_documented() -> None:
    assert (EMOTION_DOCUMENTED.network, EMOTION_DOCUMENTED.init) == ("emotion", "imagenet")
    assert EMOTION_DOCUMENTED.dropout == 0
    assert no_tricks(EMOTION_DOCUMENTED)
    network = mobilenet.build(32, dropout=0.0)
    kinds = [type(layer).__name__ for layer in network.layers if getattr(layer, "rate", 1) > 0]
    assert kinds[-2:] == ["GlobalAveragePooling2D", "Dense"]
    base = keras.applications.MobileNetV2(input_shape=(32, 32, 1), include_top=False, weights=None)
    assert [layer.name for layer in network.layers[1 : len(base.layers)]] == [layer.name for layer in base.layers[1:]]


def no_tricks(recipe: Recipe) -> bool:
    return not any(
        (recipe.balance, recipe.mixup, recipe.ema, recipe.second_head, recipe.label_smoothing, recipe.votes_weight)
    )
