"""A network while it learns: with its second head, its optimizer and the running average of its weights."""

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
    """What a run trains at one input size. `training` is fitted; `answering` shares its weights and has one head."""

    def __init__(
        self, recipe: Recipe, size_px: int, *, second_labels: int | None = None, init: str | None = None
    ) -> None:
        """Begin with the weights of `init`, else with random ones, the same for the same seed.

        `second_labels` asks for a second head of so many labels. `init` is "imagenet" or the path of a `.weights.h5` or
        of one of our `.keras` files, in which case both heads begin as its one.
        """
        keras.utils.set_random_seed(recipe.seed)
        self._recipe, self._size_px = recipe, size_px
        ours = init is not None and init.endswith(".keras")
        self.answering = self._built(None if ours else init)
        if ours:
            carry(self.answering, Path(str(init)))
        head = self.answering.layers[-1]
        self.optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        if second_labels is None:
            self.training = self.answering
            self.training.compile(self.optimizer, loss=self._loss(), metrics=[_accuracy()])
        else:
            second = keras.layers.Dense(second_labels, activation="softmax", name="second")
            self.training = keras.Model(self.answering.input, [self.answering.output, second(head.input)])
            if ours and second.units == head.units:
                second.set_weights(head.get_weights())
            self.training.compile(
                self.optimizer,
                loss=[self._loss(), keras.losses.CategoricalCrossentropy()],
                loss_weights=[1.0, recipe.second_head],
                metrics=[[_accuracy()], []],
            )
        self.figures = "" if second_labels is None else f"{head.name}_"  # what Keras writes before the first head's
        self.optimizer.build(self.training.trainable_variables)
        self.average: Weights = self.training.get_weights() if recipe.ema else []
        self._judged: keras.Model | None = None

    @property
    def size_px(self) -> int:
        """The side of the input."""
        return self._size_px

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that has been learnt, as arrays by name."""
        parts: dict[str, Sequence[Any]] = {
            "network": self.training.get_weights(),
            "average": self.average,
            "optimizer": [keras.ops.convert_to_numpy(variable) for variable in self.optimizer.variables],
        }
        return {f"{part}/{index}": array for part, arrays in parts.items() for index, array in enumerate(arrays)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave, at whatever input size. Raises BadModel where it is that of another network."""
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
        """The network to validate and keep: with one head, and with the averaged weights where there are such."""
        if self._judged is None:
            self._judged = self._built(None)
            self._judged.compile(loss=self._loss(), metrics=[_accuracy()])
        learnt = self.average or self.training.get_weights()
        by_variable = {id(variable): array for variable, array in zip(self.training.weights, learnt, strict=True)}
        self._judged.set_weights([by_variable[id(variable)] for variable in self.answering.weights])
        return self._judged

    def seed_dropout(self, epoch: int) -> None:
        """Let an epoch drop the same units whether or not the run stopped before it: no file keeps that state."""
        rng = np.random.default_rng((self._recipe.seed, epoch))
        for layer in self.answering.layers:
            if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
                layer.seed_generator.state.assign(rng.integers(0, 2**31, 2))

    def _built(self, init: str | None) -> keras.Model:
        return network(self._recipe.network).built(self._size_px, init=init, dropout=self._recipe.dropout)

    def _loss(self) -> keras.losses.Loss:
        return keras.losses.CategoricalCrossentropy(label_smoothing=self._recipe.label_smoothing)


class Averaging(keras.callbacks.Callback):
    """Keeps a learner's running average after every step: of all weights, batch normalisation's statistics among them.

    The decay rises from 0.1 to the recipe's, so that the first steps are forgotten soon (as in TensorFlow's
    ExponentialMovingAverage: the smaller of the decay and (1 + steps) / (10 + steps)).
    """

    def __init__(self, learner: Learner, decay: float, *, first_step: int) -> None:
        super().__init__()
        self._learner, self._decay, self._step = learner, decay, first_step

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the average towards where the weights are now."""
        keep = min(self._decay, (self._step + 1) / (self._step + 10))
        for average, weights in zip(self._learner.average, self.model.get_weights(), strict=True):
            average += np.float32(1 - keep) * (weights - average)
        self._step += 1


def _accuracy() -> keras.metrics.Metric:
    return keras.metrics.CategoricalAccuracy(name="accuracy")
