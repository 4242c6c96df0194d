"""A grey value and its INT8 input: all 256 are distinct, and none depends on how a number is rounded."""

import numpy as np
import pytest

from edge.core.face.preprocess import InputSpec, stored_input
from edge.core.quantization import Quantization
from models.networks import cnn, mobilenet

EVERY = np.arange(256, dtype=np.uint8).repeat(9).reshape(48, 48)


@pytest.mark.parametrize("spec", [mobilenet.INPUT.sized(48).spec, cnn.INPUT.spec], ids=["mobilenet", "cnn"])
def test_int8_is_the_grey_value_less_128(spec: InputSpec) -> None:
    scale = (spec.white - spec.black) / 255
    zero = -128 - spec.black / scale
    assert zero == pytest.approx(round(zero), abs=1e-9)
    stored = stored_input(EVERY, spec, Quantization(float(np.float32(scale)), round(zero)))
    assert np.array_equal(stored[..., 0].astype(int), EVERY.astype(int) - 128)
    in_float64 = np.linspace(spec.black, spec.white, 256) / float(np.float32(scale)) + round(zero)
    assert np.abs(in_float64 - np.arange(-128, 128)).max() < 0.01, "far from where rounding decides"
