"""The adjustment of a network's confidence: a temperature that divides the logits, and a bias for rare answers.

Temperature scaling: Guo et al. 2017, arXiv:1706.04599, section 4.2. Both are fitted on the validation split and folded
into the last dense layer, so that the runtime needs no extra step.
"""

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from converter.recipe import Recipe
from converter.trained import Trained, copy_of
from edge.core.errors import BadModel
from models.datasets.faces import Faces
from models.graph.stored import RANGES, Ranges

_LOWEST, _HIGHEST = 0.25, 4.0  # temperature; a fit outside these bounds says more about the data than the network
_MOST_BIAS = 3.0  # in logits: odds change by a factor of 20 at most
_LEAST_PROBABILITY = 1e-12  # smaller ones count as this, so that their logarithm is finite


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """New logits = logits / temperature + bias.

    Attributes:
        temperature: Divides the logits; above 1 it lowers the confidence.
        bias: Added to the logits after the division, float32 (labels,).
    """

    temperature: float
    bias: NDArray[np.float32]

    def of_probabilities(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Adjusts the outputs of a network.

        Args:
            probabilities: Output of the network before the adjustment, (n, labels).

        Returns:
            Its output after the adjustment, float32 (n, labels).
        """
        return np.asarray(softmax(_logits(probabilities) / self.temperature + self.bias, axis=1), np.float32)

    def of_model(self, model: keras.Model) -> keras.Model:
        """Folds the adjustment into the last dense layer.

        Args:
            model: A network that ends in a dense layer with a bias and a softmax, folded or not.

        Returns:
            An adjusted copy.

        Raises:
            BadModel: The network ends otherwise.
        """
        adjusted = copy_of(model)
        last = _last_dense(adjusted)
        kernel, bias = last.get_weights()
        last.set_weights([kernel / self.temperature, bias / self.temperature + self.bias])
        return adjusted

    def of_ranges(self, ranges: Ranges, model: keras.Model) -> Ranges:
        """Moves the range of the logits along with the logits.

        Args:
            ranges: The range of every stored tensor of `model` before the adjustment.
            model: The network, adjusted or not.

        Returns:
            The ranges after the adjustment; 0 lies in each of them, as INT8 needs it.

        Raises:
            BadModel: The ranges lack the logits, so they are another network's.
        """
        last = _last_dense(model).name
        if last not in ranges:
            raise BadModel(
                f"{RANGES} does not belong to this {model.name}: {last} is missing in it.",
                fix="Keep the network and its ranges together.",
            )
        low, high = (end / self.temperature for end in ranges[last])
        return {**ranges, last: (min(low + float(self.bias.min()), 0.0), max(high + float(self.bias.max()), 0.0))}


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """A trained network after its adjustment.

    Attributes:
        trained: A copy of the trained network with the adjustment in its model, its reference and its ranges.
        adjustment: What was fitted for the model.
        outputs: What the adjusted float model gives for the n validation faces, float32 (n, labels).
    """

    trained: Trained
    adjustment: Adjustment
    outputs: NDArray[np.float32]


def adjust(trained: Trained, validation: Faces, recipe: Recipe) -> Adjusted:
    """Fits the adjustment of a trained network and applies it to a copy.

    The reference gets a temperature of its own, and the model's class bias: the bias is a choice about classes, not a
    part of quantization, so that INT8 is compared with a network that makes the same choice.

    Args:
        trained: The network; it stays as it is.
        validation: Labelled faces of the validation split.
        recipe: Which of temperature and class bias to fit.

    Returns:
        The adjusted copy.

    Raises:
        BadModel: The network does not end in a dense layer with a bias.
    """
    if trained.foreign and not _ends_in_dense(trained.model):
        recipe = recipe.model_copy(update={"temperature": False, "class_bias": False})
    outputs = trained.predict(trained.model, validation)
    found = fit(outputs, validation.ground_truth, recipe)
    model = found.of_model(trained.model) if recipe.temperature or recipe.class_bias else trained.model
    reference = model
    if trained.reference is not trained.model:
        own = fit(trained.predict(trained.reference, validation), validation.ground_truth, recipe)
        reference = Adjustment(own.temperature, found.bias).of_model(trained.reference)
    ranges = None if trained.ranges is None else found.of_ranges(trained.ranges, trained.model)
    adjusted = replace(trained, model=model, reference=reference, ranges=ranges)
    return Adjusted(adjusted, found, found.of_probabilities(outputs))


def fit(probabilities: NDArray[np.float32], ground_truth: NDArray[np.int64], recipe: Recipe) -> Adjustment:
    """Fits the adjustment that a recipe names.

    Args:
        probabilities: Outputs for the validation split, (n, labels).
        ground_truth: The true labels as indexes, (n,).
        recipe: Which of temperature and class bias to fit.

    Returns:
        The adjustment; temperature 1 and bias 0 where the recipe wants neither.
    """
    found = Adjustment(1.0, np.zeros(probabilities.shape[1], np.float32))
    if recipe.temperature:
        found = replace(found, temperature=_temperature(_logits(probabilities), ground_truth))
    if recipe.class_bias:
        found = replace(found, bias=_class_bias(_logits(probabilities) / found.temperature, ground_truth))
    return found


def negative_log_likelihood(logits: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> float:
    """Computes the mean of -log p(true label).

    Args:
        logits: Up to a constant a row, (n, labels).
        ground_truth: The true labels as indexes, (n,).

    Returns:
        The mean over the n faces, in nats.
    """
    return float(-log_softmax(logits, axis=1)[np.arange(len(ground_truth)), ground_truth].mean())


def _temperature(logits: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> float:
    """The temperature with the least negative log likelihood; the search is over its logarithm."""
    bounds = np.log(_LOWEST), np.log(_HIGHEST)
    found: Any = minimize_scalar(
        lambda log: negative_log_likelihood(logits / np.exp(log), ground_truth), bounds=bounds, method="bounded"
    )
    return round(float(np.exp(found.x)), 4)


def _class_bias(logits: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> NDArray[np.float32]:
    """The bias (labels,) with the least negative log likelihood, each class counting equally; 0 for an absent class."""
    counts = np.bincount(ground_truth, minlength=logits.shape[1])
    share = 1 / counts[ground_truth]
    share /= share.sum()
    furthest = np.where(counts > 0, _MOST_BIAS, 0.0)
    own = np.eye(logits.shape[1])[ground_truth]

    def loss(bias: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log = log_softmax(logits + bias, axis=1)
        return -float(share @ (log * own).sum(axis=1)), share @ (np.exp(log) - own)

    found: Any = minimize(
        loss, np.zeros(logits.shape[1]), jac=True, method="L-BFGS-B", bounds=Bounds(-furthest, furthest)
    )
    return np.asarray(found.x, np.float32)


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits up to a constant a row, which a softmax cancels."""
    return np.asarray(np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROBABILITY)))


def _ends_in_dense(model: keras.Model) -> bool:
    try:
        _last_dense(model)
    except BadModel:
        return False
    return True


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
