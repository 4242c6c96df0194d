"""Bias correction: the mean of every channel in INT8 is what it is in float."""

import keras
import numpy as np
import pytest

from converter.strategies.correct import correct_bias
from models.graph.folded import LINEAR

PICTURES = np.random.default_rng(1).uniform(0, 1, (40, 24, 24, 1)).astype(np.float32)


def coarse() -> keras.Model:
    """A network whose small weights vanish in INT8: beside one large weight a channel they are under half a step."""
    keras.utils.set_random_seed(2)
    layers = keras.layers
    face = keras.Input((24, 24, 1))
    x = layers.ReLU()(layers.Conv2D(4, 3, padding="same", name="first")(face))
    x = layers.ReLU()(layers.DepthwiseConv2D(3, strides=2, padding="same", name="deep")(x))
    x = layers.Dense(5, name="last")(layers.Flatten()(x))
    model = keras.Model(face, x)
    for layer in model.layers:
        if isinstance(layer, LINEAR):
            kernel, bias = layer.get_weights()
            small = np.full_like(kernel, 0.003)
            small.reshape(-1, kernel.shape[-1])[0] = 1.0
            layer.set_weights([small, bias + 0.1])
    return model


def as_int8(model: keras.Model) -> keras.Model:
    """The same with every kernel rounded to 127 steps a channel."""
    rounded = keras.models.clone_model(model)
    for layer, own in zip(rounded.layers, model.layers, strict=True):
        if isinstance(layer, LINEAR):
            kernel, bias = own.get_weights()
            axes = (0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else tuple(range(kernel.ndim - 1))
            step = np.abs(kernel).max(axis=axes, keepdims=True) / 127
            layer.set_weights([np.rint(kernel / step) * step, bias])
    return rounded


def test_the_means_of_the_first_layer_come_back() -> None:
    model = coarse()
    watch = [keras.Model(form.inputs, form.get_layer("first").output) for form in (model, as_int8(model))]
    expected, without = (one.predict(PICTURES, verbose=0).mean(axis=(0, 1, 2)) for one in watch)
    assert np.abs(without - expected).max() > 0.005
    form = as_int8(correct_bias(model, PICTURES))
    corrected = keras.Model(form.inputs, form.get_layer("first").output).predict(PICTURES, verbose=0)
    assert corrected.mean(axis=(0, 1, 2)) == pytest.approx(expected, abs=1e-4)


def test_the_answers_come_closer() -> None:
    model = coarse()
    expected = model.predict(PICTURES, verbose=0)
    before = np.abs(as_int8(model).predict(PICTURES, verbose=0) - expected).mean()
    corrected = correct_bias(model, PICTURES)
    assert np.abs(as_int8(corrected).predict(PICTURES, verbose=0) - expected).mean() < before / 5
