"""The training loop: epoch by epoch, each checkpointed, so that a run that stops goes on where it was."""

import csv
import json
from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.datasets.faces import Faces
from models.networks import network
from models.training.batches import TrainingBatches, inputs
from models.training.recipe import Recipe

_LOG = ("epoch", "size_px", "learning_rate", "loss", "accuracy", "validation_loss", "validation_accuracy")


def fit(recipe: Recipe, train: Faces, validation: Faces, out: Path, *, init: str | None, resume: bool) -> Path:
    """Train and return the path of the best network, `out/best.keras`.

    Writes into `out`: `recipe.json`, `log.csv` (a row an epoch), `last.keras` with the optimizer's state, `state.json`,
    `best.keras` by validation accuracy at the final input size.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.json").write_text(json.dumps(recipe.as_json(), indent=2) + "\n")
    state = _State(out, resume)
    model = keras.saving.load_model(out / "last.keras") if state.epoch else None
    module = network(recipe.network)
    for epoch in range(state.epoch, recipe.epochs):
        spec = module.input_spec(recipe.size_px(epoch))
        if model is None or model.input_shape[1] != spec.size_px:
            model = _grown(model, module.build, spec.size_px, init, recipe)
        batches = TrainingBatches(
            train, spec, recipe.augmentation, batch=recipe.batch, balance=recipe.balance, seed=(recipe.seed, epoch)
        )
        pace = _Pace(recipe, first_step=epoch * len(batches), steps=recipe.epochs * len(batches), warm=len(batches))
        history = model.fit(batches, epochs=epoch + 1, initial_epoch=epoch, callbacks=[pace], verbose=2).history
        loss, accuracy = model.evaluate(inputs(validation, spec), validation.targets, batch_size=256, verbose=0)
        model.save(out / "last.keras")
        final_size = spec.size_px == recipe.stages[-1][0]
        if final_size and accuracy > state.best:
            model.save(out / "best.keras")
        state.log(
            epoch, spec.size_px, pace.rate, history["loss"][-1], history["accuracy"][-1], loss, accuracy, final_size
        )
        if state.epochs_since_best >= recipe.patience:
            break
    return out / "best.keras"


def _grown(
    before: keras.Model | None, build: Callable[..., keras.Model], size_px: int, init: str | None, recipe: Recipe
) -> keras.Model:
    """A compiled network of a new input size, with the weights learnt so far."""
    keras.utils.set_random_seed(recipe.seed)
    model = build(size_px, init=None if before else init)
    if before is not None:
        model.set_weights(before.get_weights())
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    model.compile(optimizer, loss=loss, metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")])
    return model


class _Pace(keras.callbacks.Callback):
    """The learning rate of every step: linear warm-up, then a half cosine (Loshchilov & Hutter 2017, arXiv:1608.03983)."""

    def __init__(self, recipe: Recipe, *, first_step: int, steps: int, warm: int) -> None:
        super().__init__()
        self._highest, self._step, self._steps, self._warm = recipe.learning_rate, first_step, steps, warm
        self.rate = 0.0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done = self._step / self._steps
        self.rate = self._highest * min(1.0, (self._step + 1) / self._warm) * (0.01 + 0.99 * (1 + cos(pi * done)) / 2)
        self.model.optimizer.learning_rate = self.rate
        self._step += 1


class _State:
    """Where a run stands: the next epoch, the best validation accuracy so far, and the log."""

    def __init__(self, out: Path, resume: bool) -> None:
        self._file, self._log = out / "state.json", out / "log.csv"
        self.epoch, self.best, self.epochs_since_best = 0, -np.inf, 0
        if resume and self._file.is_file():
            kept = json.loads(self._file.read_text())
            self.epoch, self.best, self.epochs_since_best = kept["epoch"], kept["best"], kept["epochs_since_best"]
        else:
            self._log.write_text(",".join(_LOG) + "\n")

    def log(self, epoch: int, *figures: Any) -> None:
        """Note an epoch that is over; the last figure says whether it counts for the best."""
        *row, final_size = figures
        accuracy = row[-1]
        if final_size:
            self.epochs_since_best = 0 if accuracy > self.best else self.epochs_since_best + 1
            self.best = max(self.best, accuracy)
        self.epoch = epoch + 1
        with self._log.open("a", newline="") as log:
            csv.writer(log).writerow([epoch, *(f"{figure:.6g}" for figure in row)])
        kept = {"epoch": self.epoch, "best": float(self.best), "epochs_since_best": self.epochs_since_best}
        self._file.write_text(json.dumps(kept))
