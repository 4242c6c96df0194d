"""Inference in a process of its own: how the times of its rounds become the figures of a card."""

import numpy as np
import pytest

from converter.proof import latency as module
from converter.proof.latency import latency


def test_the_ratio_is_that_of_the_two_times_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = np.array([[0.5, 0.75], [1.0, 0.76], [0.6, 0.75], [0.9, 0.74], [0.7, 0.745]])  # float, INT8; ms
    monkeypatch.setattr(module, "times_ms", lambda *_: rounds)
    timed = latency(b"float", b"int8").as_json()
    assert (timed["float_ms"], timed["int8_ms"]) == (0.7, 0.75)
    assert timed["ratio"] == round(0.75 / 0.7, 4), "not the median of the rounds' own ratios, 1.0643"
