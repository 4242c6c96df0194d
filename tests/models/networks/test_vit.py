"""The vision transformer: trained by its recipe, converted to INT8 throughout, and equal in ONNX."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from converter.convert import convert
from converter.onnx import LARGEST_GAP, to_onnx
from converter.quantize import to_int8_by_samples
from converter.recipe import Recipe
from converter.splits import read_splits
from converter.tflite_file import tensors
from converter.trained import load_trained
from models.datasets.load import load
from models.networks.vit import EMOTION_VIT, NETWORK, build
from models.training.fit import fit

FACES = np.random.default_rng(0).uniform(-1, 1, (6, 64, 64, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build(64)


@pytest.mark.slow
def test_no_tensor_of_it_is_float_in_int8(network: keras.Model) -> None:
    given, answered, floats = tensors(to_int8_by_samples(network, FACES))
    assert (tuple(given["shape"]), tuple(answered["shape"]), floats) == ((1, 64, 64, 1), (1, 7), 0)


@pytest.mark.slow
def test_onnx_answers_as_it_does(network: keras.Model) -> None:
    assert to_onnx(network, FACES).largest_gap <= LARGEST_GAP


@pytest.mark.slow
def test_it_is_trained_and_converted(tiny: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(EMOTION_VIT, stages=((24, 6),), batch=14, learning_rate=2e-3, mixup=0.0, ema=0.0)
    train, validation = (NETWORK.target.samples(load(tiny, split)).faces for split in ("train", "validation"))
    best = fit(recipe, train, validation, tmp_path, init=None, resume=False)
    converted = convert(load_trained(best), read_splits(tiny), Recipe(calibration_per_class=10))
    card = converted.model.card
    assert (card.name, card.input.shape) == ("emotion-vit", (1, 24, 24, 1))
    assert card.conversion["calibrated_by"] == "tflite"
    assert card.evidence["float_tensors"] == 0
    assert card.evidence["int8"]["n"] == 21
    assert card.evidence["top1_agreement"] > 0.8
