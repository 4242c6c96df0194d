"""A training run's folder: checkpoint, best network, log and recipe; a kill at any moment leaves it consistent.

recipe.json      everything that decides the run
checkpoint.npz   weights, optimizer and progress after the last whole epoch
best.keras       the network of the epoch with the best validation accuracy, at the final input size: smaller sizes are
                 only steps on the way, so there is none before the last stage
log.csv          a row an epoch
"""

import csv
import json
import zipfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from math import inf, nan
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration, BadModel
from models.files import whole, writing
from models.specs.recipe import Recipe

RECIPE, CHECKPOINT, BEST, LOG = "recipe.json", "checkpoint.npz", "best.keras", "log.csv"
_PROGRESS = "stands"  # the checkpoint's entry with the progress of the run


@dataclass(frozen=True, slots=True)
class Epoch:
    """Figures of one epoch; accuracies are shares, 0..1."""

    epoch: int  # counted from 0
    size_px: int
    learning_rate: float  # at its end
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_s: float = nan
    seconds: float = nan
    left_s: float = nan  # until the run's end


def holds_run(out: Path) -> bool:
    """Whether a training run was ever started in this folder."""
    return any((out / name).exists() for name in (RECIPE, CHECKPOINT, BEST))


def kept_recipe(out: Path) -> Recipe | None:
    """The recipe of the run in this folder, None where there is no run.

    Raises:
        BadConfiguration: It cannot be read.
    """
    path = out / RECIPE
    try:
        return Recipe.of_json(json.loads(path.read_text()), str(path)) if path.exists() else None
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None


def logged(out: Path) -> list[Epoch]:
    """The epochs of the run in this folder, from its log."""
    names = [field.name for field in fields(Epoch)[2:]]
    with (out / LOG).open(newline="") as log:
        return [
            Epoch(int(row["epoch"]), int(row["size_px"]), *(float(row[name] or nan) for name in names if name in row))
            for row in csv.DictReader(log)
        ]


class Checkpoints:
    """The folder of one run; not for use by two runs at once.

    Args:
        out: The folder, made where it is missing.
        recipe: The run's recipe, which is written there.
        resume: Go on with the run in the folder; otherwise its checkpoint, network and log are deleted.

    Raises:
        CannotWrite: The folder cannot be written.
        BadModel: The checkpoint cannot be read.
    """

    def __init__(self, out: Path, recipe: Recipe, *, resume: bool) -> None:
        self._out = out
        self.epoch = 0  # the next one
        self.best, self.epochs_since_best = -inf, 0
        self.state: dict[str, NDArray[Any]] = {}  # weights and optimizer to go on from; empty at the beginning
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
            if resume and (out / CHECKPOINT).exists():
                self._read()
            else:
                for name in (CHECKPOINT, BEST, LOG):
                    (out / name).unlink(missing_ok=True)
            self._trim_log()
        with whole(out / RECIPE) as path:
            path.write_text(json.dumps(recipe.as_json(), indent=2) + "\n")

    @property
    def best_network(self) -> Path:
        """The run's result; it exists from the first epoch at the final size."""
        return self._out / BEST

    def keep(self, state: Mapping[str, NDArray[Any]], judged: keras.Model, done: Epoch, *, counts: bool) -> bool:
        """Save an epoch. The checkpoint replaces the old one last, so an epoch cut short is repeated and saved again.

        Args:
            state: Everything that the run needs to go on.
            judged: The network that was validated.
            done: The epoch's figures.
            counts: Whether this epoch can be the best: it is one at the final input size.

        Returns:
            Whether it is the best so far.

        Raises:
            CannotWrite: The folder cannot be written.
        """
        is_best = counts and done.validation_accuracy > self.best
        if is_best:
            with whole(self._out / BEST) as best:
                judged.save(best)
            self.best = done.validation_accuracy
        self.epochs_since_best = 0 if is_best else self.epochs_since_best + counts
        self.epoch = done.epoch + 1
        progress = {
            "epoch": self.epoch,
            "best": None if self.best == -inf else self.best,
            "epochs_since_best": self.epochs_since_best,
        }
        with writing(self._out), (self._out / LOG).open("a", newline="") as log:
            number, *figures = astuple(done)
            csv.writer(log).writerow([number, *(f"{figure:.6g}" for figure in figures)])
        with whole(self._out / CHECKPOINT) as path:
            np.savez(path, **state, **{_PROGRESS: np.array(json.dumps(progress))})
        return is_best

    def _read(self) -> None:
        path = self._out / CHECKPOINT
        try:
            with np.load(path) as kept:
                self.state = {name: kept[name] for name in kept.files}
            progress = json.loads(str(self.state.pop(_PROGRESS)))
            self.epoch, self.epochs_since_best = int(progress["epoch"]), int(progress["epochs_since_best"])
            self.best = -inf if progress["best"] is None else float(progress["best"])
        except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise BadModel(
                f"{path} ({path.stat().st_size} bytes) is no checkpoint ({type(error).__name__}).",
                fix="Start a new run.",
            ) from None

    def _trim_log(self) -> None:
        """Begin the log, or drop the rows of epochs that are to be done again."""
        path = self._out / LOG
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        kept = [row for row in rows if row.partition(",")[0].isdecimal() and int(row.partition(",")[0]) < self.epoch]
        header = ",".join(field.name for field in fields(Epoch))
        with whole(path) as part:
            part.write_text("\n".join([header, *kept]) + "\n")
