"""Probabilities of labels from what a network stored: by softmax from logits, or as the network says."""

import numpy as np
import pytest

from edge.core.quantization import Quantization
from edge.vision.card import OutputForm
from edge.vision.probabilities import Probabilities


@pytest.mark.parametrize("zero_point", [-128, -3, 90])
def test_those_of_logits_are_their_softmax(zero_point: int) -> None:
    quantization = Quantization(0.11, zero_point)
    stored = np.random.default_rng(1).integers(-128, 128, (50, 7)).astype(np.int8)
    probabilities = Probabilities(OutputForm.LOGITS, quantization)
    powers = np.exp(quantization.real(stored).astype(np.float64))
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose([probabilities(row) for row in stored.tolist()], expected, rtol=1e-5)
    assert probabilities([127, -128, -128]) == pytest.approx([1, 0, 0], abs=1e-10)


def test_those_of_a_network_are_made_to_sum_to_1() -> None:
    probabilities = Probabilities(OutputForm.PROBABILITIES, Quantization(1 / 256, -128))
    assert probabilities([-128, -64, -64, 126]) == pytest.approx([0, 64 / 382, 64 / 382, 254 / 382])
    assert probabilities([-128] * 4) == [0.25] * 4
