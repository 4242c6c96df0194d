"""A run's folder: its recipe, its log and its checkpoint; a kill at any moment leaves it whole.

recipe.json      everything that decides the run
checkpoint.pt    all that was learnt by the last whole epoch
best.npz         the averaged weights of the best epoch at the final input size
joined.json      how that network's heads are joined
log.csv          a row an epoch
"""

import csv
import json
import pickle
import zipfile
from dataclasses import asdict, astuple, dataclass, fields
from math import inf
from pathlib import Path
from typing import Any

import torch

from edge.core.errors import BadConfiguration, BadModel
from models.files import whole, writing
from models.torch.graphs.layers import TwoHeads
from models.torch.graphs.networks import keep_weights
from models.torch.recipe import Recipe
from models.training.both import Both

RECIPE, CHECKPOINT, BEST, JOINED, LOG = "recipe.json", "checkpoint.pt", "best.npz", "joined.json", "log.csv"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch gave. Accuracies are shares, those of validation with a mirrored second look."""

    epoch: int  # counted from 1
    size_px: int
    learning_rate: float  # at its end
    loss: float
    accuracy: float  # of the first head on augmented training faces
    validation_label: float  # the first head by the classes
    validation_votes: float  # the second head by the votes' majority
    validation_joined_label: float
    validation_joined_votes: float
    validation_joined_balanced: float
    images_per_s: float
    seconds: float
    left_s: float  # until the run's end, as long as the pace stays

    @property
    def score(self) -> float:
        """What the best epoch has most of: the mean of both heads' accuracies."""
        return (self.validation_label + self.validation_votes) / 2


class Journal:
    """The folder of one run. Not for two runs at once.

    Args:
        out: The folder.
        recipe: How the run trains.
        resume: Whether a run that the folder holds goes on; else it is forgotten.

    Raises:
        BadConfiguration: The run began with another recipe.
        BadModel: The checkpoint cannot be read.
        CannotWrite: The folder cannot be written.
    """

    def __init__(self, out: Path, recipe: Recipe, *, resume: bool) -> None:
        self._out = out
        self.epoch, self.best = 0, -inf
        self.learnt: dict[str, Any] | None = None
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
        if resume and (out / CHECKPOINT).exists():
            _check(out / RECIPE, recipe)
            self._read()
        with writing(out):
            if self.learnt is None:
                for name in (CHECKPOINT, BEST, JOINED, LOG):
                    (out / name).unlink(missing_ok=True)
            self._trim()
        with whole(out / RECIPE) as path:
            path.write_text(json.dumps(recipe.model_dump(mode="json"), indent=2) + "\n")

    def keep(self, learnt: dict[str, Any], network: TwoHeads, joined: Both, done: Epoch, *, counts: bool) -> bool:
        """Keep an epoch that is over; the checkpoint changes place with the old one last.

        Args:
            learnt: What the run goes on from.
            network: The network that was validated.
            joined: How its heads are joined.
            done: Its figures.
            counts: Whether it can be the best: its input has the final size.

        Returns:
            Whether it is the best so far.
        """
        is_best = counts and done.score > self.best
        if is_best:
            self.best = done.score
            keep_weights(network, self._out / BEST)
            with whole(self._out / JOINED) as path:
                path.write_text(json.dumps(asdict(joined)) + "\n")
        self.epoch = done.epoch
        with writing(self._out), (self._out / LOG).open("a", newline="") as log:
            csv.writer(log).writerow([f"{figure:.6g}" for figure in astuple(done)])
        with whole(self._out / CHECKPOINT) as path:
            torch.save({"epoch": self.epoch, "best": self.best, "learnt": learnt}, path)
        return is_best

    def _read(self) -> None:
        path = self._out / CHECKPOINT
        try:
            kept = torch.load(path, weights_only=True)
            self.epoch, self.best, self.learnt = int(kept["epoch"]), float(kept["best"]), kept["learnt"]
        except (EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError) as error:
            raise BadModel(f"{path} cannot be read: {type(error).__name__}.", fix="Start a new run.") from None
        except zipfile.BadZipFile:
            raise BadModel(f"{path} is damaged.", fix="Start a new run.") from None

    def _trim(self) -> None:
        """Leave in the log only the epochs that the checkpoint holds."""
        path = self._out / LOG
        names = [field.name for field in fields(Epoch)]
        rows: list[list[str]] = []
        if path.exists():
            with path.open(newline="") as log:
                rows = list(csv.reader(log))[1 : self.epoch + 1]
        with whole(path) as part, part.open("w", newline="") as log:
            csv.writer(log).writerows([names, *rows])


def _check(path: Path, recipe: Recipe) -> None:
    try:
        kept = Recipe.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.", fix="Start a new run.") from None
    if kept != recipe:
        odd = next(name for name in Recipe.model_fields if getattr(kept, name) != getattr(recipe, name))
        raise BadConfiguration(
            f"The run in {path.parent} began with another recipe: its {odd} is {getattr(kept, odd)}.",
            fix="Give the recipe it began with, or another --out.",
        )
