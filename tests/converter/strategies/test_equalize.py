"""Equalization changes how a network can be quantized, and not its outputs."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from converter.quantize import to_float, to_int8
from converter.strategies.equalize import equalize
from converter.strategies.sample import balanced_sample
from converter.tflite_file import tensors
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.networks import cnn

PICTURES = np.random.default_rng(1).uniform(0, 1, (60, 48, 48, 1)).astype(np.float32)


def uneven() -> keras.Model:
    """A folded expressiveness network whose dense units move in very different ranges, as trained ones do."""
    keras.utils.set_random_seed(3)
    model = fold(cnn.build(48))
    first, last = (layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    spread = (10.0 ** np.random.default_rng(0).uniform(-1.5, 1, 256)).astype(np.float32)
    kernel, bias = first.get_weights()
    first.set_weights([kernel * spread, bias])
    kernel, bias = last.get_weights()
    last.set_weights([kernel / spread[:, np.newaxis] * 8, bias])
    return model


def blocks() -> keras.Model:
    """Two residual blocks with ReLU6 inside, as MobileNetV2 has them; the channels between them are uneven."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    face = keras.Input((48, 48, 1))
    x = layers.Conv2D(8, 3, strides=4, padding="same", name="stem")(face)
    for number in range(2):
        wide = layers.ReLU(6.0, name=f"six_{number}")(layers.Conv2D(24, 1)(x))
        deep = layers.ReLU(6.0)(layers.DepthwiseConv2D(3, padding="same")(wide))
        x = layers.Add(name=f"sum_{number}")([x, layers.Conv2D(8, 1)(deep)])
    answer = layers.Softmax()(layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    model = keras.Model(face, answer, name="expressiveness")
    stem = model.get_layer("stem")
    kernel, bias = stem.get_weights()
    stem.set_weights([kernel * np.logspace(0, 2, 8, dtype=np.float32), bias])
    return model


def ranges(model: keras.Model, layer: keras.layers.Layer) -> NDArray[np.float32]:
    reached: NDArray[np.float32] = np.abs(keras.Model(model.inputs, layer.output).predict(PICTURES, verbose=0))
    largest: NDArray[np.float32] = reached.max(axis=tuple(range(reached.ndim - 1)))
    return largest


@pytest.mark.parametrize("make", [uneven, blocks])
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_the_float_network_answers_as_before(make: Callable[[], keras.Model], strength: float) -> None:
    model = make()
    before = model.predict(PICTURES, verbose=0)
    assert before.std(axis=0).max() > 1e-3
    weights = [weight.copy() for weight in model.get_weights()]
    equalized = equalize(model, PICTURES, strength)
    assert equalized.predict(PICTURES, verbose=0) == pytest.approx(before, abs=1e-4)
    assert any(not np.array_equal(*pair) for pair in zip(weights, equalized.get_weights(), strict=True))
    assert all(np.array_equal(*pair) for pair in zip(weights, model.get_weights(), strict=True)), (
        "only the copy changes"
    )


def test_every_unit_that_moves_reaches_the_same_range() -> None:
    model = uneven()
    dense = next(layer for layer in model.layers if layer.name.endswith("dense_relu"))
    before = ranges(model, dense)
    model = equalize(model, PICTURES)
    dense = model.get_layer(dense.name)
    moving = ranges(model, dense)[before > before.max() / 1000]
    assert len(moving) > 50
    assert moving.min() == pytest.approx(moving.max(), rel=1e-3)


def test_channels_between_residual_blocks_are_evened_out_and_a_relu6_is_left_alone() -> None:
    model = blocks()
    before = ranges(model, model.get_layer("sum_1"))
    inside = ranges(model, model.get_layer("six_1"))
    model = equalize(model, PICTURES)
    after = ranges(model, model.get_layer("sum_1"))
    assert before.max() / before.min() > 20
    assert after.max() / after.min() < before.max() / before.min() / 5
    assert ranges(model, model.get_layer("six_1")) == pytest.approx(inside, rel=1e-4)


@pytest.mark.slow
def test_int8_loses_less_by_it() -> None:
    expected = uneven().predict(PICTURES, verbose=0)
    gaps = []
    for even in (False, True):
        model = uneven()
        if even:
            model = equalize(model, PICTURES)
        gaps.append(
            np.abs(outputs(to_int8(model, calibrated(model, PICTURES, cnn.INPUT.value_range))) - expected).mean()
        )
    assert gaps[1] < gaps[0] / 2


def outputs(content: bytes) -> NDArray[np.floating[Any]]:
    """The INT8 network's outputs for PICTURES."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (given,), (answered,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for picture in PICTURES:
        scale, zero_point = given["quantization"]
        interpreter.set_tensor(given["index"], np.rint(picture[np.newaxis] / scale + zero_point).astype(np.int8))
        interpreter.invoke()
        scale, zero_point = answered["quantization"]
        found.append((interpreter.get_tensor(answered["index"])[0] - zero_point) * scale)
    return np.array(found)


def test_everything_inside_is_int8_and_nothing_reaches_the_screen(capfd: pytest.CaptureFixture[str]) -> None:
    model = fold(cnn.build(48))
    ranges = calibrated(model, PICTURES, cnn.INPUT.value_range)
    capfd.readouterr()
    given, answered, floats = tensors(to_int8(model, ranges))
    assert capfd.readouterr() == ("", "")
    assert floats == 0
    assert np.dtype(given["dtype"]) == np.int8
    assert np.dtype(answered["dtype"]) == np.int8
    assert tuple(given["shape"]) == (1, 48, 48, 1)
    assert tensors(to_float(model))[2] > 0


def test_the_calibration_sample_is_balanced() -> None:
    ground_truth = np.repeat([0, 1, 2], [500, 40, 7])
    chosen = balanced_sample(ground_truth, 20)
    assert np.bincount(ground_truth[chosen]).tolist() == [20, 20, 7]
    assert len(set(chosen.tolist())) == 47
    assert np.array_equal(chosen, balanced_sample(ground_truth, 20))
