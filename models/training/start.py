"""What a training run starts from: its recipe, its data and its teachers, checked before anything takes long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.core.errors import SourceNotFound, UsageError
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
class Wishes:
    """What a person may ask for; None leaves it to the recipe, or to the run that is resumed."""

    recipe: str  # a name in models.networks.recipes()
    init: str | None = None
    epochs: int | None = None
    seed: int | None = None
    teachers: tuple[Path, ...] = ()
    teacher_weight: float | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Everything that `fit` is given."""

    recipe: Recipe
    train: Faces
    second: Second | None
    validation: Faces

    @property
    def init(self) -> str | None:
        """The weights to begin with, None for random ones."""
        return None if self.recipe.init == "none" else self.recipe.init


def prepare(wishes: Wishes, data: Path, out: Path, *, resume: bool, command: Sequence[str] = ()) -> Start:
    """Choose the recipe (that of the run in `out` where it is resumed), load the data and ask the teachers.

    What the run is made with is kept in `out`, the teachers' answers too. Raises UsageError, SourceNotFound,
    CannotWrite or BadConfiguration.
    """
    if holds_run(out) and not resume:
        raise UsageError(
            f"{out} holds a training run already.", fix="Add --resume to go on with it, or give another --out."
        )
    refuse_unwritable(out)
    recipe = _recipe(wishes, out)
    split = load(data, "train")
    target = network(recipe.network).target
    samples = target.samples(split, recipe)
    validation = target.samples(load(data, "validation"), recipe).faces
    asked = _asked(wishes, out, resume)
    shares = teachers.answers(asked, samples.faces, split.crops, samples.rows) if asked else None
    if shares is not None:
        mixed = teachers.taught(samples.faces, shares, weight=recipe.teacher_weight, temperature=recipe.temperature)
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
        files={"init": [path for path in [Path(recipe.init)] if path.is_file()], "teachers": asked},
        resume=resume,
    )
    if shares is not None:
        teachers.keep(shares, samples.faces, out)
    return Start(recipe, samples.faces, samples.second, validation)


def _recipe(wishes: Wishes, out: Path) -> Recipe:
    kept = kept_recipe(out)
    recipe = kept or recipe_named(wishes.recipe)
    if recipe.name != wishes.recipe:
        raise UsageError(f"The run in {out} trains {recipe.name}, not {wishes.recipe}.", fix="Give another --out.")
    wanted: dict[str, Any] = {
        "init": wishes.init,
        "seed": wishes.seed,
        "teacher_weight": wishes.teacher_weight,
        "temperature": wishes.temperature,
    }
    wanted = {name: value for name, value in wanted.items() if value is not None}
    for name, value in wanted.items():
        if kept is not None and getattr(kept, name) != value:
            word = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"The run in {out} began with {word} {getattr(kept, name)}.", fix=f"Leave {word} out to resume it."
            )
    if wishes.epochs is not None:
        *before, (size_px, _) = recipe.stages
        wanted["stages"] = (*before, (size_px, wishes.epochs))
    recipe = replace(recipe, **wanted)
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


def _asked(wishes: Wishes, out: Path, resume: bool) -> tuple[Path, ...]:
    """The teachers; of a run that goes on those whose answers it keeps."""
    kept = out / teachers.KEPT
    if not resume or not holds_run(out):
        return wishes.teachers
    if wishes.teachers and not kept.is_file():
        raise UsageError(f"The run in {out} began without --teacher.", fix="Leave --teacher out to resume it.")
    return (kept,) if kept.is_file() else ()
