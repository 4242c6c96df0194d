"""Confidence that can be believed: logits divided by one number, and a bias for classes that are found too seldom.

Guo et al. 2017, arXiv:1706.04599, section 4.2. Both are fitted on the validation split and folded into the last dense
layer, so that the runtime knows nothing of them.
"""

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from converter.recipe import Recipe
from edge.core.errors import BadModel
from models.graph.stored import Ranges

_COLDEST, _HOTTEST = 0.25, 4.0  # beyond, a network knows too little to be asked how sure it is
_BIAS_STEP = 0.02  # in logits: a fiftieth of what makes a class 2.7 times as likely
_BIAS_STEPS = 2000
_LEAST = 1e-12  # probabilities below it are as good as none


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """New logits = logits / temperature + bias."""

    temperature: float
    bias: NDArray[np.float32]  # (labels,)

    def of(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a network that answered with `probabilities` (n, labels) answers once it is adjusted."""
        return np.asarray(softmax(_logits(probabilities) / self.temperature + self.bias, axis=1), np.float32)

    def fold_into(self, model: keras.Model) -> None:
        """Change, in place, the weights of the last dense layer. Raises BadModel where there is none."""
        last = _last_dense(model)
        kernel, bias = last.get_weights()
        last.set_weights([kernel / self.temperature, bias / self.temperature + self.bias])

    def fold_into_ranges(self, ranges: Ranges, model: keras.Model) -> Ranges:
        """The ranges of a network's tensors after the same: the logits' own move along."""
        last = _last_dense(model).name
        low, high = (end / self.temperature for end in ranges[last])
        return {**ranges, last: (min(low + float(self.bias.min()), 0.0), max(high + float(self.bias.max()), 0.0))}


def fit(probabilities: NDArray[np.float32], ground_truth: NDArray[np.int64], recipe: Recipe) -> Adjustment:
    """The adjustment that the recipe names, from validation answers (n, labels) and their ground truth (n,)."""
    found = Adjustment(1.0, np.zeros(probabilities.shape[1], np.float32))
    if recipe.temperature:
        found = replace(found, temperature=_temperature(_logits(probabilities), ground_truth))
    if recipe.class_bias:
        scaled = _logits(probabilities) / found.temperature
        found = replace(found, bias=_class_bias(scaled, ground_truth, recipe.recall_floor, recipe.accuracy_cost))
    return found


def negative_log_likelihood(logits: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> float:
    """Mean over n faces of -log of the probability of the true label (n,), by logits (n, labels)."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(ground_truth)), ground_truth].mean())


def _temperature(logits: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> float:
    """The temperature with the least negative log likelihood; the search is over its logarithm."""
    bounds = np.log(_COLDEST), np.log(_HOTTEST)
    found: Any = minimize_scalar(
        lambda log: negative_log_likelihood(logits / np.exp(log), ground_truth), bounds=bounds, method="bounded"
    )
    return round(float(np.exp(found.x)), 4)


def _class_bias(
    logits: NDArray[np.float64], ground_truth: NDArray[np.int64], floor: float, cost: float
) -> NDArray[np.float32]:
    """The least bias (labels,), step by step for the class found least often, until each has a recall of `floor`.

    It ends before that where accuracy would fall by more than `cost`.
    """
    bias = np.zeros(logits.shape[1])
    classes = np.unique(ground_truth)

    def right(tried: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray((logits + tried).argmax(axis=1) == ground_truth)

    found = right(bias)
    least = float(found.mean()) - cost
    for _ in range(_BIAS_STEPS):
        recalls = [float(found[ground_truth == label].mean()) for label in classes]
        if min(recalls) >= floor:
            break
        tried = bias.copy()
        tried[classes[int(np.argmin(recalls))]] += _BIAS_STEP
        found = right(tried)
        if float(found.mean()) < least:
            break
        bias = tried
    return bias.astype(np.float32)


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits up to a constant a row, which no softmax sees."""
    return np.asarray(np.log(np.maximum(probabilities.astype(np.float64), _LEAST)))


def _last_dense(model: keras.Model) -> keras.layers.Layer:
    for layer in reversed(model.layers):
        if isinstance(layer, keras.layers.Dense) and layer.use_bias:
            return layer
        if layer.weights:
            break
    raise BadModel(
        f"{model.name} does not end in a dense layer with a bias, so its temperature cannot be folded in.",
        fix="Convert it with temperature = false and class_bias = false in --recipe.",
    )
