"""Calibration: the range of each tensor of a network that INT8 stores, from its values for calibration samples."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from models.graph.stored import Ranges, plain, stored_layers, walk

_BATCH = 32
_SAMPLED = 20_000  # values of a tensor looked at in each batch
_SHRUNK = np.linspace(1.0, 0.3, 36)  # shares of the whole range that are tried


def calibrated(
    model: keras.Model,
    samples: NDArray[np.float32],
    input_range: tuple[float, float] | None = None,
    seed: int = 0,
) -> Ranges:
    """Choose the ranges whose rounding and clipping together change the tensors least.

    Args:
        model: A network that `models.graph.folded.fold` made.
        samples: Inputs (n, ...) as the float network is given them.
        input_range: The least and the largest value of any input, whatever the samples show; None to choose the
            input's range as those of the other tensors.
        seed: Decides which values of large tensors are looked at.
    """
    rng = np.random.default_rng(seed)
    wanted = set(stored_layers(model))
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in wanted}

    def call(layer: layers.Layer, given: Sequence[Any]) -> Any:
        made = plain(layer, given)
        if layer.name in wanted:
            values = np.asarray(made).ravel()
            ends = np.array([values.min(), values.max()])
            seen[layer.name].append(np.concatenate([rng.choice(values, min(len(values), _SAMPLED), False), ends]))
        return made

    for start in range(0, len(samples), _BATCH):
        walk(model, samples[start : start + _BATCH], call)
    ranges = {name: best_range(np.concatenate(values)) for name, values in seen.items()}
    if input_range is not None:
        ranges[model.layers[0].name] = (min(input_range[0], 0.0), max(input_range[1], 0.0))
    return {name: ranges[name] for name in stored_layers(model)}


def best_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """Choose the part of the values' range, 0 included, that INT8 stores with the least mean squared error.

    Args:
        values: Values of one tensor (n,).

    Returns:
        The least and the largest stored value.
    """
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    if low == high:
        return 0.0, 1.0  # a tensor that never moves
    tried = [(low * share, high * share) for share in _SHRUNK]
    return min(tried, key=lambda ends: _error(values, *ends))


def _error(values: NDArray[np.float32], low: float, high: float) -> float:
    step = (high - low) / 255
    zero = round(-low / step)
    stored = np.clip(np.rint(values / step) + zero, 0, 255)
    return float(np.mean(np.square((stored - zero) * step - values)))
