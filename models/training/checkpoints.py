"""A training run's folder: checkpoints, log and recipe, and where the run stands; a kill at any moment leaves it whole.

recipe.json   everything that decides the run
last.keras    the network after the last whole epoch, with its optimizer's state
state.json    which epoch that was
best.keras    the network of the epoch with the best validation accuracy, at the final input size: smaller sizes are
              only steps on the way, so there is none before the last stage
log.csv       a row an epoch
"""

import csv
import json
import os
import shutil
from dataclasses import astuple, dataclass, fields
from math import inf
from pathlib import Path

import keras

from edge.core.errors import BadConfiguration
from models.files import part_of, settle, whole, writing
from models.training.recipe import Recipe

RECIPE, LAST, STATE, BEST, LOG = "recipe.json", "last.keras", "state.json", "best.keras", "log.csv"


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
    return any((out / name).exists() for name in (RECIPE, LAST, STATE, BEST))


def kept_recipe(out: Path) -> Recipe | None:
    """The recipe of the run in this folder. Raises BadConfiguration where it cannot be read."""
    path = out / RECIPE
    try:
        return Recipe.of_json(json.loads(path.read_text()), str(path)) if path.exists() else None
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None


class Checkpoints:
    """The folder of one run. Not for two runs at once."""

    def __init__(self, out: Path, recipe: Recipe, *, resume: bool) -> None:
        """Open the folder; without `resume` the run that it held is forgotten. Raises CannotWrite."""
        self._out = out
        self.epoch = 0  # the next one
        self.best, self.epochs_since_best = -inf, 0
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
            if resume:
                self._recover()
            else:
                for name in (STATE, LAST, BEST, LOG):
                    (out / name).unlink(missing_ok=True)
            self._trim_log()
        with whole(out / RECIPE) as path:
            path.write_text(json.dumps(recipe.as_json(), indent=2) + "\n")

    @property
    def last(self) -> Path:
        """The checkpoint to go on from; it exists from the first epoch's end."""
        return self._out / LAST

    @property
    def best_network(self) -> Path:
        """The run's result; it exists from the first epoch at the final size."""
        return self._out / BEST

    def keep(self, model: keras.Model, done: Epoch, *, counts: bool) -> bool:
        """Keep an epoch that is over, and say whether it is the best so far; only one that `counts` can be.

        The network and the state that belongs to it change places with the old ones last, so whatever else was written
        for an epoch that a kill cut short is written once more.
        """
        last, state = part_of(self._out / LAST), part_of(self._out / STATE)
        is_best = counts and done.validation_accuracy > self.best
        with writing(self._out):
            model.save(last)
            settle(last)
            if is_best:
                with whole(self._out / BEST) as best:
                    shutil.copyfile(last, best)
                self.best = done.validation_accuracy
            self.epochs_since_best = 0 if is_best else self.epochs_since_best + counts
            self.epoch = done.epoch + 1
            with (self._out / LOG).open("a", newline="") as log:
                number, *figures = astuple(done)
                csv.writer(log).writerow([number, *(f"{figure:.6g}" for figure in figures)])
            stands = {
                "epoch": self.epoch,
                "best": None if self.best == -inf else self.best,
                "epochs_since_best": self.epochs_since_best,
            }
            state.write_text(json.dumps(stands))
            settle(state)
            os.replace(last, self._out / LAST)
            os.replace(state, self._out / STATE)
        return is_best

    def _recover(self) -> None:
        """Finish what a kill interrupted between the two renames, and read where the run stands."""
        last, state = part_of(self._out / LAST), part_of(self._out / STATE)
        if state.exists() and not last.exists():
            os.replace(state, self._out / STATE)
        state.unlink(missing_ok=True)
        last.unlink(missing_ok=True)
        path = self._out / STATE
        if not path.exists():
            return
        try:
            kept = json.loads(path.read_text())
            self.epoch, self.epochs_since_best = int(kept["epoch"]), int(kept["epochs_since_best"])
            self.best = -inf if kept["best"] is None else float(kept["best"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadConfiguration(
                f"{path} does not say where the run stands: {error}.", fix="Start a new run."
            ) from None

    def _trim_log(self) -> None:
        """Begin the log, or drop the rows of epochs that are to be done again."""
        path = self._out / LOG
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        kept = [row for row in rows if row.partition(",")[0].isdecimal() and int(row.partition(",")[0]) < self.epoch]
        header = ",".join(field.name for field in fields(Epoch))
        with whole(path) as part:
            part.write_text("\n".join([header, *kept]) + "\n")
