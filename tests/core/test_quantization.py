import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.core.quantization import Quantization

scales = st.floats(1e-4, 10)
zero_points = st.integers(-128, 127)


@given(scales, zero_points)
def test_every_stored_value_comes_back(scale, zero_point):
    stored = np.arange(-128, 128, dtype=np.int8)
    quantization = Quantization(scale, zero_point)
    assert np.array_equal(quantization.store(quantization.real(stored)), stored)


@given(scales, zero_points, st.floats(0, 1))
def test_a_real_value_in_range_comes_back_within_half_a_step(scale, zero_point, share):
    quantization = Quantization(scale, zero_point)
    low, high = quantization.real(np.array([-128, 127], np.int8))
    real = np.array([low + share * (high - low)], np.float32)
    gap = abs(quantization.real(quantization.store(real)) - real)
    assert gap <= scale * 0.5 * (1 + 1e-3)


@given(scales, zero_points)
def test_zero_is_exact(scale, zero_point):
    quantization = Quantization(scale, zero_point)
    assert quantization.real(quantization.store(np.zeros(1, np.float32))) == 0


def test_values_out_of_range_saturate():
    stored = Quantization(0.1, 0).store(np.array([-1e9, 1e9], np.float32))
    assert stored.tolist() == [-128, 127]
    assert stored.dtype == np.int8


def test_real_values_are_single_precision():
    quantization = Quantization(0.1, 3)
    real = quantization.real(np.array([[-128, 127]], np.int8))
    assert real.dtype == np.float32
    assert real.shape == (1, 2)
    assert np.array_equal(real, (np.array([[-131, 124]], np.float32) * np.float32(0.1)))


def test_a_double_is_stored_as_its_single_precision():
    double = np.array([0.15000000000000002])  # 1.5 steps in single precision, and less in double
    assert Quantization(0.1, 0).store(double).tolist() == [2]
