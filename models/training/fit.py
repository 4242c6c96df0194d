"""The training loop: epoch by epoch, each checkpointed, so that a run that stops goes on where it was."""

from collections.abc import Callable, Sequence
from math import cos, inf, pi
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadModel, SourceNotFound
from models.datasets.faces import Faces
from models.networks import network
from models.specs.inputs import NetworkInput
from models.specs.recipe import Recipe
from models.specs.targets import Second
from models.training.batches import TrainingBatches
from models.training.checkpoints import Checkpoints, Epoch, logged
from models.training.learner import Averaging, Learner
from models.training.pace import Pace


def fit(
    recipe: Recipe,
    train: Faces,
    validation: Faces,
    out: Path,
    *,
    init: str | None,
    resume: bool,
    second: Second | None = None,
    bar: bool = False,
    on_epoch: Callable[[Epoch, bool], None] = lambda epoch, is_best: None,
) -> Path:
    """Train a network.

    A resumed run goes on as if it had never stopped: every epoch's pictures, learning rate and dropout depend only on
    its number and on the checkpoint.

    Args:
        recipe: How to train.
        train: Faces with their targets.
        validation: Faces that decide which epoch is the best.
        out: The run's folder; `models.training.checkpoints` lists what it holds.
        init: Weights to begin with, as `Learner` takes them.
        resume: Go on where the run in `out` stopped, if there is one.
        second: Targets of a second head for the faces of `train`.
        bar: Show Keras' progress bar.
        on_epoch: Called after every epoch with its figures and whether it is the best so far.

    Returns:
        The path of the best network, `out/best.keras`.

    Raises:
        SourceNotFound: There are fewer faces than a batch has, or `init` holds no weights of this network.
        BadModel: No epoch gave a network, or the checkpoint is another network's.
        CannotWrite: The folder cannot be written.
    """
    if len(train) < recipe.batch:
        raise SourceNotFound(
            f"There are {len(train)} faces to train on, less than a batch of {recipe.batch}.", fix="Give more data."
        )
    run = Checkpoints(out, recipe, resume=resume)
    labels = None if second is None else second.targets.shape[1]
    learner: Learner | None = None
    for epoch in range(run.epoch, recipe.epochs):
        if run.epochs_since_best >= recipe.patience:
            break
        size_px = recipe.size_px(epoch)
        if learner is None or learner.size_px != size_px:
            state = run.state if learner is None else learner.state()
            learner = Learner(recipe, size_px, second_labels=labels, init=None if state else init)
            if state:
                learner.restore(state)
        given = network(recipe.network).input.sized(size_px)
        batches = _batches(recipe, train, given, epoch, second)
        learner.seed_dropout(epoch)
        rate = plateau_rate(recipe, [done.validation_loss for done in logged(out)])
        done, judged = _epoch(
            recipe, learner, batches, given.arrays(validation), validation.targets, epoch, rate, bar=bar
        )
        on_epoch(done, run.keep(learner.state(), judged, done, counts=size_px == recipe.stages[-1][0]))
    if not run.best_network.is_file():
        raise BadModel(
            f"No epoch of {out} gave a network: its validation accuracy was never a number.", fix="See its log.csv."
        )
    return run.best_network


def _epoch(
    recipe: Recipe,
    learner: Learner,
    batches: TrainingBatches,
    shown: NDArray[np.float32],
    targets: NDArray[np.float32],
    epoch: int,
    rate: float,
    *,
    bar: bool,
) -> tuple[Epoch, keras.Model]:
    """Train for an epoch, judge the network by the validation pictures `shown`, and return both."""
    steps, sizes_px = len(batches), [recipe.size_px(number) for number in range(epoch, recipe.epochs)]
    pace = Pace(sizes_px, steps * recipe.batch)
    schedule = _Schedule(recipe, first_step=epoch * steps, steps=recipe.epochs * steps, warm=steps, rate=rate)
    watchers: list[keras.callbacks.Callback] = [schedule, _Bar(recipe.epochs)] if bar else [schedule]
    if recipe.ema:
        watchers.append(Averaging(learner, recipe.ema, first_step=epoch * steps))
    history = learner.training.fit(
        batches, shuffle=False, epochs=epoch + 1, initial_epoch=epoch, callbacks=watchers, verbose=int(bar)
    ).history
    images_per_s = pace.images_per_s()
    losses, right = (history[f"{learner.figures}{name}"][-1] for name in ("loss", "accuracy"))
    judged = learner.judged()
    loss, accuracy = judged.evaluate(shown, targets, batch_size=256, verbose=0)
    measured = (images_per_s, pace.seconds, pace.left_s())
    return Epoch(epoch, sizes_px[0], schedule.rate, losses, right, loss, accuracy, *measured), judged


def _batches(recipe: Recipe, train: Faces, given: NetworkInput, epoch: int, second: Second | None) -> TrainingBatches:
    return TrainingBatches(
        train,
        given,
        recipe.augmentation,
        batch=recipe.batch,
        balance=recipe.balance_in(epoch),
        seed=(recipe.seed, epoch),
        mixup=recipe.mixup,
        second=second,
    )


def plateau_rate(recipe: Recipe, losses: Sequence[float]) -> float:
    """Return the learning rate of the next epoch of a recipe without `cosine`.

    Args:
        recipe: Its rate, which is halved each time that `plateau` epochs in a row were no better than the best.
        losses: Validation losses of the epochs so far.
    """
    rate, best, waited = recipe.learning_rate, inf, 0
    for loss in losses if recipe.plateau else ():
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited >= recipe.plateau:
            rate, waited = rate / 2, 0
    return rate


class _Schedule(keras.callbacks.Callback):
    """The learning rate of every step: linear warm-up, then a half cosine (Loshchilov & Hutter 2017, arXiv:1608.03983).

    A recipe without `cosine` has the epoch's rate.
    """

    def __init__(self, recipe: Recipe, *, first_step: int, steps: int, warm: int, rate: float) -> None:
        super().__init__()
        self._recipe, self._step, self._steps, self._warm = recipe, first_step, steps, warm
        self.rate = rate

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._recipe.cosine:
            self.model.optimizer.learning_rate = self.rate
            return
        falling = 0.01 + 0.99 * (1 + cos(pi * self._step / self._steps)) / 2
        self.rate = self._recipe.learning_rate * min(1.0, (self._step + 1) / self._warm) * falling
        self.model.optimizer.learning_rate = self.rate
        self._step += 1


class _Bar(keras.callbacks.ProgbarLogger):
    """Keras' progress bar, counting all the run's epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._of = epochs

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params({**params, "epochs": self._of})
