"""Equalisation changes how a network can be quantized, and nothing about what it answers."""

import keras
import numpy as np
import pytest

from converter.equalize import equalize
from converter.quantize import balanced_sample, tensors, to_int8
from models.networks import cnn


def uneven() -> keras.Model:
    """An expressiveness network whose dense units move in very different ranges, as trained ones do."""
    keras.utils.set_random_seed(3)
    model = cnn.build(48)
    dense = next(layer for layer in model.layers if layer.name.startswith("dense"))
    normalisation = model.layers[-3]
    rng = np.random.default_rng(0)
    spread = 10.0 ** rng.uniform(-1.5, 1, 256)
    kernel, bias = dense.get_weights()
    dense.set_weights([kernel * spread, bias])
    gamma, beta, mean, variance = normalisation.get_weights()
    normalisation.set_weights([gamma, beta, mean, (0.3 * spread) ** 2 * variance])
    return model


PICTURES = np.random.default_rng(1).uniform(0, 1, (60, 48, 48, 1)).astype(np.float32)


def test_the_float_network_answers_as_before() -> None:
    model = uneven()
    before = model.predict(PICTURES, verbose=0)
    assert before.std(axis=0).max() > 1e-3
    equalize(model, PICTURES)
    assert model.predict(PICTURES, verbose=0) == pytest.approx(before, abs=1e-4)


def test_every_unit_that_moves_reaches_the_same_range() -> None:
    model = uneven()
    equalize(model, PICTURES)
    dense = next(layer for layer in model.layers if layer.name.startswith("dense"))
    ranges = keras.Model(model.inputs, dense.output).predict(PICTURES, verbose=0).max(axis=0)
    moving = ranges[ranges > 0]
    assert len(moving) > 100
    assert moving.min() == pytest.approx(moving.max(), rel=1e-3)


def test_a_network_without_such_layers_is_left_alone() -> None:
    face = keras.Input((48, 48, 1))
    features = keras.layers.BatchNormalization()(keras.layers.Dense(4)(keras.layers.Flatten()(face)))
    model = keras.Model(face, features)  # no ReLU between the two
    before = model.get_weights()
    equalize(model, PICTURES)
    for kept, was in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(kept, was)


def test_everything_inside_is_int8_and_nothing_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    model = cnn.build(48)
    capfd.readouterr()
    given, answered, floats = tensors(to_int8(model, PICTURES[:8]))
    assert capfd.readouterr() == ("", "")
    assert floats == 0
    assert (np.dtype(given["dtype"]), np.dtype(answered["dtype"])) == (np.int8, np.int8)
    assert tuple(given["shape"]) == (1, 48, 48, 1)


def test_the_calibration_sample_is_balanced() -> None:
    truth = np.repeat([0, 1, 2], [500, 40, 7])
    chosen = balanced_sample(truth, 20)
    assert np.bincount(truth[chosen]).tolist() == [20, 20, 7]
    assert len(set(chosen.tolist())) == 47
    assert np.array_equal(chosen, balanced_sample(truth, 20))
