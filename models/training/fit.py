"""The training loop: epoch by epoch, each checkpointed, so that a run that stops goes on where it was."""

from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.core.errors import BadModel, SourceNotFound
from models.datasets.faces import Faces
from models.networks import network
from models.networks.saved import load_network
from models.training.batches import TrainingBatches, inputs
from models.training.checkpoints import Checkpoints, Epoch
from models.training.recipe import Recipe


def fit(
    recipe: Recipe,
    train: Faces,
    validation: Faces,
    out: Path,
    *,
    init: str | None,
    resume: bool,
    bar: bool = False,
    tell: Callable[[Epoch, bool], None] = lambda epoch, is_best: None,
) -> Path:
    """Train and return the path of the best network, `out/best.keras`; `models.training.checkpoints` says what else.

    `resume` goes on where a run in `out` stopped, if there is one: every epoch's pictures, pace and dropout depend on
    its number alone and on what the checkpoint keeps. `bar` shows Keras' progress bar; `tell` hears of every epoch, and
    whether it is the best so far.
    """
    if len(train) < recipe.batch:
        raise SourceNotFound(
            f"There are {len(train)} faces to train on, less than a batch of {recipe.batch}.", fix="Give more data."
        )
    run = Checkpoints(out, recipe, resume=resume)
    module = network(recipe.network)
    model: keras.Model | None = None
    for epoch in range(run.epoch, recipe.epochs):
        if run.epochs_since_best >= recipe.patience:
            break
        if model is None and epoch:
            model = _resumed(run.last, recipe)
        spec = module.input_spec(recipe.size_px(epoch))
        if model is None or model.input_shape[1] != spec.size_px:
            model = _grown(model, module.build, spec.size_px, init, recipe)
        batches = TrainingBatches(
            train, spec, recipe.augmentation, batch=recipe.batch, balance=recipe.balance, seed=(recipe.seed, epoch)
        )
        _seed_dropout(model, (recipe.seed, epoch))
        pace = _Pace(recipe, first_step=epoch * len(batches), steps=recipe.epochs * len(batches), warm=len(batches))
        watchers = [pace, _Bar(recipe.epochs)] if bar else [pace]
        history = model.fit(
            batches, epochs=epoch + 1, initial_epoch=epoch, callbacks=watchers, verbose=1 if bar else 0
        ).history
        loss, accuracy = model.evaluate(inputs(validation, spec), validation.targets, batch_size=256, verbose=0)
        done = Epoch(epoch, spec.size_px, pace.rate, history["loss"][-1], history["accuracy"][-1], loss, accuracy)
        tell(done, run.keep(model, done, counts=spec.size_px == recipe.stages[-1][0]))
    if not run.best_network.is_file():
        raise BadModel(
            f"No epoch of {out} gave a network: its validation accuracy was never a number.", fix="See its log.csv."
        )
    return run.best_network


def _grown(
    before: keras.Model | None, build: Callable[..., keras.Model], size_px: int, init: str | None, recipe: Recipe
) -> keras.Model:
    """A compiled network of a new input size, with the weights learnt so far."""
    keras.utils.set_random_seed(recipe.seed)
    model = build(size_px, init=None if before else init)
    if before is not None:
        model.set_weights(before.get_weights())
    return _compiled(model, _optimizer(recipe), recipe)


def _resumed(path: Path, recipe: Recipe) -> keras.Model:
    """A checkpoint to go on from. Keras forgets which weights do not decay, so its optimizer moves into a new one."""
    model = load_network(path, to_train=True)
    optimizer = _optimizer(recipe)
    optimizer.build(model.trainable_variables)
    for fresh, kept in zip(optimizer.variables, model.optimizer.variables, strict=True):
        fresh.assign(kept)
    return _compiled(model, optimizer, recipe)


def _seed_dropout(model: keras.Model, seed: tuple[int, int]) -> None:
    """Let an epoch drop the same units whether or not the run stopped before it: `.keras` files keep no such state."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign(rng.integers(0, 2**31, 2))


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def _compiled(model: keras.Model, optimizer: keras.optimizers.Optimizer, recipe: Recipe) -> keras.Model:
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    model.compile(optimizer, loss=loss, metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")])
    return model


class _Pace(keras.callbacks.Callback):
    """The learning rate of every step: linear warm-up, then a half cosine.

    Loshchilov & Hutter 2017, arXiv:1608.03983.
    """

    def __init__(self, recipe: Recipe, *, first_step: int, steps: int, warm: int) -> None:
        super().__init__()
        self._highest, self._step, self._steps, self._warm = recipe.learning_rate, first_step, steps, warm
        self.rate = 0.0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done = self._step / self._steps
        self.rate = self._highest * min(1.0, (self._step + 1) / self._warm) * (0.01 + 0.99 * (1 + cos(pi * done)) / 2)
        self.model.optimizer.learning_rate = self.rate
        self._step += 1


class _Bar(keras.callbacks.ProgbarLogger):
    """Keras' progress bar, counting all the run's epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._of = epochs

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params({**params, "epochs": self._of})
