"""A training run's folder: checkpoint, best network, log and recipe; a kill at any moment leaves it whole.

recipe.json      everything that decides the run
checkpoint.npz   all that was learnt by the last whole epoch, and which epoch that was
best.keras       the network of the epoch with the best validation accuracy, at the final input size: smaller sizes are
                 only steps on the way, so there is none before the last stage
log.csv          a row an epoch
"""

import csv
import json
import zipfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from math import inf
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration, BadModel
from models.files import whole, writing
from models.specs.recipe import Recipe

RECIPE, CHECKPOINT, BEST, LOG = "recipe.json", "checkpoint.npz", "best.keras", "log.csv"
_STANDS = "stands"  # the checkpoint's entry that says where the run stands


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch gave; accuracies are shares."""

    epoch: int  # counted from 0
    size_px: int
    learning_rate: float  # at its end
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


def holds_run(out: Path) -> bool:
    """Whether a training run was ever started in this folder."""
    return any((out / name).exists() for name in (RECIPE, CHECKPOINT, BEST))


def kept_recipe(out: Path) -> Recipe | None:
    """The recipe of the run in this folder. Raises BadConfiguration where it cannot be read."""
    path = out / RECIPE
    try:
        return Recipe.of_json(json.loads(path.read_text()), str(path)) if path.exists() else None
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None


def logged(out: Path) -> list[Epoch]:
    """The epochs of the run in this folder, as its log tells them."""
    with (out / LOG).open(newline="") as log:
        return [
            Epoch(int(row["epoch"]), int(row["size_px"]), *(float(row[field.name]) for field in fields(Epoch)[2:]))
            for row in csv.DictReader(log)
        ]


class Checkpoints:
    """The folder of one run. Not for two runs at once."""

    def __init__(self, out: Path, recipe: Recipe, *, resume: bool) -> None:
        """Open the folder; without `resume` the run that it held is forgotten. Raises CannotWrite or BadModel."""
        self._out = out
        self.epoch = 0  # the next one
        self.best, self.epochs_since_best = -inf, 0
        self.learnt: dict[str, NDArray[Any]] = {}  # what the run goes on from; empty at its beginning
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

    def keep(self, learnt: Mapping[str, NDArray[Any]], judged: keras.Model, done: Epoch, *, counts: bool) -> bool:
        """Keep an epoch that is over, and say whether it is the best so far; only one that `counts` can be.

        `learnt` is what the run would go on from, `judged` the network that was validated. The checkpoint changes place
        with the old one last, so whatever else was written for an epoch that a kill cut short is written once more.
        """
        is_best = counts and done.validation_accuracy > self.best
        if is_best:
            with whole(self._out / BEST) as best:
                judged.save(best)
            self.best = done.validation_accuracy
        self.epochs_since_best = 0 if is_best else self.epochs_since_best + counts
        self.epoch = done.epoch + 1
        stands = {
            "epoch": self.epoch,
            "best": None if self.best == -inf else self.best,
            "epochs_since_best": self.epochs_since_best,
        }
        with writing(self._out), (self._out / LOG).open("a", newline="") as log:
            number, *figures = astuple(done)
            csv.writer(log).writerow([number, *(f"{figure:.6g}" for figure in figures)])
        with whole(self._out / CHECKPOINT) as path:
            np.savez(path, **learnt, **{_STANDS: np.array(json.dumps(stands))})
        return is_best

    def _read(self) -> None:
        path = self._out / CHECKPOINT
        try:
            with np.load(path) as kept:
                self.learnt = {name: kept[name] for name in kept.files}
            stands = json.loads(str(self.learnt.pop(_STANDS)))
            self.epoch, self.epochs_since_best = int(stands["epoch"]), int(stands["epochs_since_best"])
            self.best = -inf if stands["best"] is None else float(stands["best"])
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
