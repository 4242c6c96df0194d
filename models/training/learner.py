"""A network during training: with its second head, its optimizer and the running average of its weights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel
from models.networks import network
from models.specs.recipe import Recipe
from models.training.carry import carry

Weights = list[NDArray[np.float32]]


class Learner:
    """What a run trains at one input size. `training` is fitted; `network` shares its weights and has one head.

    The same seed gives the same random weights.

    Args:
        recipe: The run's recipe.
        size_px: Side of the input.
        second_labels: Number of labels of a second head; None for no second head.
        init: None for random weights, "imagenet", or the path of a `.weights.h5` or of a `.keras` file of edge-train,
            from which both heads begin as its one.

    Raises:
        SourceNotFound: `init` holds no weights of this network.
    """

    def __init__(
        self, recipe: Recipe, size_px: int, *, second_labels: int | None = None, init: str | None = None
    ) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self._recipe, self._size_px = recipe, size_px
        is_keras = init is not None and init.endswith(".keras")
        self.network = self._built(None if is_keras else init)
        if is_keras:
            carry(self.network, Path(str(init)))
        head = self.network.layers[-1]
        self.optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        if second_labels is None:
            self.training = self.network
            self.training.compile(self.optimizer, loss=self._loss(), metrics=[_accuracy()])
        else:
            second = keras.layers.Dense(second_labels, activation="softmax", name="second")
            self.training = keras.Model(self.network.input, [self.network.output, second(head.input)])
            if is_keras and second.units == head.units:
                second.set_weights(head.get_weights())
            self.training.compile(
                self.optimizer,
                loss=[self._loss(), keras.losses.CategoricalCrossentropy()],
                loss_weights=[1.0, recipe.second_head],
                metrics=[[_accuracy()], []],
            )
        self.figures = "" if second_labels is None else f"{head.name}_"  # Keras' prefix of the first head's figures
        self.optimizer.build(self.training.trainable_variables)
        self.average: Weights = self.training.get_weights() if recipe.ema else []
        self._judged: keras.Model | None = None

    @property
    def size_px(self) -> int:
        """The side of the input."""
        return self._size_px

    def state(self) -> dict[str, NDArray[Any]]:
        """Weights, running average and optimizer, as arrays by name."""
        parts: dict[str, Sequence[Any]] = {
            "network": self.training.get_weights(),
            "average": self.average,
            "optimizer": [keras.ops.convert_to_numpy(variable) for variable in self.optimizer.variables],
        }
        return {f"{part}/{index}": array for part, arrays in parts.items() for index, array in enumerate(arrays)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a former `state`, also one of another input size.

        Raises:
            BadModel: It is the state of another network or recipe.
        """
        try:
            here = self.state()
            if not all(state[name].shape == array.shape for name, array in here.items()):
                raise KeyError("shape")
        except KeyError:
            raise BadModel(
                "The checkpoint belongs to another network or recipe.", fix="Start a new run, or give another --out."
            ) from None
        self.training.set_weights([state[name] for name in here if name.startswith("network/")])
        self.average = [np.array(state[name]) for name in here if name.startswith("average/")]
        for index, variable in enumerate(self.optimizer.variables):
            variable.assign(state[f"optimizer/{index}"])

    def judged(self) -> keras.Model:
        """The network to validate and save: with one head, and the averaged weights where the recipe averages."""
        if self._judged is None:
            self._judged = self._built(None)
            self._judged.compile(loss=self._loss(), metrics=[_accuracy()])
        weights = self.average or self.training.get_weights()
        by_variable = {id(variable): array for variable, array in zip(self.training.weights, weights, strict=True)}
        self._judged.set_weights([by_variable[id(variable)] for variable in self.network.weights])
        return self._judged

    def seed_dropout(self, epoch: int) -> None:
        """Seed dropout by the epoch alone, so that a resumed run drops the same units: no file keeps that state."""
        rng = np.random.default_rng((self._recipe.seed, epoch))
        for layer in self.network.layers:
            if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
                layer.seed_generator.state.assign(rng.integers(0, 2**31, 2))

    def _built(self, init: str | None) -> keras.Model:
        return network(self._recipe.network).built(self._size_px, init=init, dropout=self._recipe.dropout)

    def _loss(self) -> keras.losses.Loss:
        return keras.losses.CategoricalCrossentropy(label_smoothing=self._recipe.label_smoothing)


class Averaging(keras.callbacks.Callback):
    """Keeps a learner's running average after every step: of all weights, batch normalisation's statistics among them.

    The decay rises from 0.1 to the recipe's, so that the first steps soon lose their weight (as in TensorFlow's
    ExponentialMovingAverage: the smaller of the decay and (1 + steps) / (10 + steps)).
    """

    def __init__(self, learner: Learner, decay: float, *, first_step: int) -> None:
        super().__init__()
        self._learner, self._decay, self._step = learner, decay, first_step

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the average towards the present weights."""
        keep = min(self._decay, (self._step + 1) / (self._step + 10))
        for average, weights in zip(self._learner.average, self.model.get_weights(), strict=True):
            average += np.float32(1 - keep) * (weights - average)
        self._step += 1


def _accuracy() -> keras.metrics.Metric:
    return keras.metrics.CategoricalAccuracy(name="accuracy")
