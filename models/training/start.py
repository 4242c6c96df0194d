"""Preparation of a training run: recipe, data and teachers, checked before anything takes long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.core.errors import SourceNotFound, UsageError
from models.datasets.clean import unseen
from models.datasets.faces import Faces
from models.datasets.load import hashes, load
from models.files import refuse_unwritable, writing
from models.networks import network
from models.networks import recipe as recipe_named
from models.specs.recipe import Recipe
from models.specs.targets import Samples, Second
from models.training import teachers
from models.training.checkpoints import holds_run, kept_recipe
from models.training.configuration import describe, keep_configuration


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run; None leaves the choice to the recipe, or to the run that is resumed."""

    recipe: str  # a name in models.networks.recipes()
    init: str | None = None
    epochs: int | None = None
    seed: int | None = None
    teachers: tuple[Path, ...] = ()
    teacher_weight: float | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The arguments of `fit`."""

    recipe: Recipe
    train: Faces
    second: Second | None
    validation: Faces

    @property
    def init(self) -> str | None:
        """The weights to begin with, as `Learner` takes them."""
        return None if self.recipe.init == "none" else self.recipe.init


def prepare(options: Options, data: Path, out: Path, *, resume: bool, command: Sequence[str] = ()) -> Start:
    """Choose the recipe, load the data and compute the teachers' probabilities.

    Recipe, data hashes and the teachers' probabilities are saved in `out`.

    Args:
        options: What differs from the recipe.
        data: A data set of any form in docs/data.md.
        out: The run's folder.
        resume: Go on with the run in `out`, by the recipe saved there.
        command: The command line, for the record.

    Raises:
        UsageError: The options contradict one another or the run that is resumed.
        SourceNotFound: Data, weights or a teacher are missing.
        CannotWrite: The folder cannot be written.
        BadConfiguration: The saved recipe cannot be read.
    """
    if holds_run(out) and not resume:
        raise UsageError(
            f"{out} holds a training run already.", fix="Add --resume to go on with it, or give another --out."
        )
    refuse_unwritable(out)
    recipe = chosen_recipe(options, out)
    held_out = load(data, "validation")
    split = load(data, "train")
    network(recipe.network).refuse_other_kind(split)
    target = network(recipe.network).target
    samples = target.samples(split, recipe)
    samples = samples.where(unseen(split, held_out, data)[samples.rows])
    validation = target.samples(held_out, recipe).faces
    refuse_unlearnable(samples.faces)
    paths = _teachers(options, out, resume)
    shares = teachers.mean_probabilities(paths, samples, split, target) if paths else None
    if shares is not None:
        used = shares if out / teachers.KEPT in paths else teachers.as_kept(shares)
        mixed = teachers.distilled(samples.faces, used, weight=recipe.teacher_weight, temperature=recipe.temperature)
        samples = Samples(mixed, samples.rows, samples.second)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    keep_configuration(
        out,
        recipe,
        {
            "train": describe(samples.faces, hashes(data, "train")),
            "validation": describe(validation, hashes(data, "validation")),
        },
        command=command,
        files={"init": [path for path in [Path(recipe.init)] if path.is_file()], "teachers": paths},
        resume=resume,
    )
    if shares is not None:
        teachers.keep(shares, samples.faces, out)
    return Start(recipe, samples.faces, samples.second, validation)


def refuse_unlearnable(faces: Faces) -> None:
    """Raise SourceNotFound where a class has no face to train on."""
    counts = np.bincount(faces.ground_truth, minlength=len(faces.labels))
    lacking = [label for label, count in zip(faces.labels, counts, strict=True) if not count]
    if lacking:
        raise SourceNotFound(
            f"Of {len(faces)} training faces none is {' or '.join(lacking)}.", fix="Give data with every class."
        )


def chosen_recipe(options: Options, out: Path) -> Recipe:
    """The recipe with what the options change, or that of the run in `out`.

    Raises:
        UsageError: The options contradict one another or the run that is resumed.
        SourceNotFound: Weights are missing.
        BadConfiguration: The saved recipe cannot be read.
    """
    kept = kept_recipe(out)
    recipe = kept or recipe_named(options.recipe)
    if recipe.name != options.recipe:
        raise UsageError(f"The run in {out} trains {recipe.name}, not {options.recipe}.", fix="Give another --out.")
    changes: dict[str, Any] = {
        "init": options.init,
        "seed": options.seed,
        "teacher_weight": options.teacher_weight,
        "temperature": options.temperature,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    for name, value in changes.items():
        if kept is not None and getattr(kept, name) != value:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"The run in {out} began with {flag} {getattr(kept, name)}.", fix=f"Leave {flag} out to resume it."
            )
    recipe = replace(recipe, **changes)
    if options.epochs is not None:
        recipe = recipe.lasting(options.epochs) if kept is None else recipe.ending_after(options.epochs)
    if kept is None:
        _check_weights(recipe)
    return recipe


def _check_weights(recipe: Recipe) -> None:
    if recipe.init == "imagenet":
        if recipe.init not in network(recipe.network).pretrained:
            raise UsageError(f"The {recipe.network} network has no ImageNet weights.", fix="Leave --init out.")
    elif recipe.init != "none" and not Path(recipe.init).is_file():
        raise SourceNotFound(
            f"There is no file {recipe.init}.",
            fix="Give --init imagenet, none, or the path of a .weights.h5 or .keras.",
        )


def _teachers(options: Options, out: Path, resume: bool) -> tuple[Path, ...]:
    """The teachers' paths; of a resumed run the file with the probabilities that it saved."""
    kept = out / teachers.KEPT
    if not resume or not holds_run(out):
        return options.teachers
    if options.teachers and not kept.is_file():
        raise UsageError(f"The run in {out} began without --teacher.", fix="Leave --teacher out to resume it.")
    return (kept,) if kept.is_file() else ()
