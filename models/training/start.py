"""What a training run starts from: its recipe and its data, checked before anything takes long."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import SourceNotFound, UsageError
from models.datasets import fer2013
from models.datasets.faces import Faces
from models.files import refuse_unwritable
from models.training.checkpoints import holds_run, kept_recipe
from models.training.recipe import RECIPES, Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Everything that `fit` is given."""

    recipe: Recipe
    train: Faces
    validation: Faces
    init: str | None


def prepare(
    network: str, data: Path, out: Path, *, init: str, resume: bool, epochs: int | None, seed: int | None
) -> Start:
    """Choose the recipe (that of the run in `out` where it is resumed) and load the data.

    Raises UsageError, SourceNotFound, CannotWrite or BadConfiguration.
    """
    if holds_run(out) and not resume:
        raise UsageError(
            f"{out} holds a training run already.", fix="Add --resume to go on with it, or give another --out."
        )
    refuse_unwritable(out)
    recipe = _recipe(network, out, epochs, seed)
    weights = _weights(network, init)
    train, validation = (_faces(fer2013.load(data, split), recipe) for split in ("train", "validation"))
    return Start(recipe, train, validation, weights)


def _recipe(network: str, out: Path, epochs: int | None, seed: int | None) -> Recipe:
    kept = kept_recipe(out)
    if kept is not None and kept.network != network:
        raise UsageError(f"The run in {out} trains {kept.network}, not {network}.", fix="Give another --out.")
    if kept is not None and seed not in (None, kept.seed):
        raise UsageError(f"The run in {out} began with --seed {kept.seed}.", fix="Leave --seed out to resume it.")
    recipe = kept or dataclasses.replace(RECIPES[network], seed=seed or 0)
    if epochs is None:
        return recipe
    *before, (size_px, _) = recipe.stages
    return dataclasses.replace(recipe, stages=(*before, (size_px, epochs)))


def _weights(network: str, init: str) -> str | None:
    if init == "none":
        return None
    if init == "imagenet":
        if network != "emotion":
            raise UsageError(f"The {network} network has no ImageNet weights.", fix="Leave --init out.")
    elif not Path(init).is_file():
        raise SourceNotFound(f"There is no file {init}.", fix="Give --init imagenet, none, or a .weights.h5's path.")
    return init


def _faces(split: fer2013.Fer2013, recipe: Recipe) -> Faces:
    return split.emotions(recipe.votes_weight) if recipe.network == "emotion" else split.levels()
