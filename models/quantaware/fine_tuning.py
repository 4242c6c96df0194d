"""Quantization-aware fine-tuning: training of a network so that its INT8 outputs are those of the float network.

The float network is its own teacher, on the same augmented faces; no label counts. Beside what every training run keeps
(`models.training.checkpoints`), the folder holds

float.keras   the network as it was trained, which INT8 is compared with
ranges.json   between which ends every tensor is stored

and best.keras is the network without batch normalisation (`models.graph.folded`), its weights fine-tuned.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import cos, pi
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import SourceNotFound, UsageError
from models.datasets.faces import Faces
from models.datasets.load import hashes, load
from models.files import refuse_unwritable, whole, writing
from models.graph.folded import fold
from models.graph.ranges import calibrated
from models.graph.stored import FLOAT, RANGES, read_ranges, write_ranges
from models.networks import network
from models.networks import recipe as recipe_named
from models.quantaware.student import Student
from models.specs.recipe import Recipe
from models.training.batches import TrainingBatches
from models.training.checkpoints import Checkpoints, Epoch, holds_run, kept_recipe
from models.training.configuration import describe, keep_configuration
from models.training.pace import Pace
from models.training.saved import load_network

_CALIBRATION_FACES = 512  # in all, as many of each class as there are
_EVALUATED = 128  # faces at a time
_WARM = 0.1  # share of the steps in which the rate rises


@dataclass(frozen=True, slots=True, eq=False)
class Tuning:
    """The arguments of `tune`."""

    recipe: Recipe
    train: Faces
    validation: Faces


def prepare(
    name: str,
    data: Path,
    out: Path,
    *,
    init: str | None,
    epochs: int | None,
    seed: int | None,
    resume: bool,
    command: Sequence[str] = (),
) -> Tuning:
    """Choose the recipe and load the data.

    Args:
        name: The recipe that the network was trained with; its augmentation is used.
        data: A data set of any form in docs/data.md.
        out: The run's folder.
        init: The trained network, a `.keras` file; not needed where a run is resumed.
        epochs: Epochs, None for the recipe's.
        seed: Seed, None for 0.
        resume: Go on with the run in `out`, by the recipe saved there.
        command: The command line, for the record.

    Raises:
        UsageError: The options contradict one another or the run that is resumed.
        SourceNotFound: Data or network are missing.
        BadModel: `init` holds no network of edge-train.
        BadConfiguration: The saved recipe cannot be read.
        CannotWrite: The folder cannot be written.
    """
    if holds_run(out) and not resume:
        raise UsageError(
            f"{out} holds a training run already.", fix="Add --resume to go on with it, or give another --out."
        )
    refuse_unwritable(out)
    recipe = kept_recipe(out)
    if recipe is None:
        if init is None:
            raise UsageError("There is nothing to fine-tune.", fix="Give --init the best.keras of a training run.")
        recipe = _recipe(name, Path(init), seed or 0)
    elif recipe.name != _name(name):
        raise UsageError(f"The run in {out} is of {recipe.name}, not of {_name(name)}.", fix="Give another --out.")
    if epochs is not None:
        recipe = replace(recipe, stages=((recipe.stages[-1][0], epochs),), patience=epochs)
    target = network(recipe.network).target
    train, validation = (target.samples(load(data, split), recipe).faces for split in ("train", "validation"))
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    keep_configuration(
        out,
        recipe,
        {
            "train": describe(train, hashes(data, "train")),
            "validation": describe(validation, hashes(data, "validation")),
        },
        command=command,
        files={"init": [Path(recipe.init)] if Path(recipe.init).is_file() else []},
        resume=resume,
    )
    return Tuning(recipe, train, validation)


def tune(
    recipe: Recipe,
    train: Faces,
    validation: Faces,
    out: Path,
    *,
    resume: bool,
    on_epoch: Callable[[Epoch, bool], None] = lambda epoch, is_best: None,
) -> Path:
    """Fine-tune the network `recipe.init`. A resumed run goes on as if it had never stopped.

    Args:
        recipe: How to train.
        train: Training faces; their labels are not used.
        validation: Faces that decide which epoch is the best.
        out: The run's folder.
        resume: Go on where the run in `out` stopped, if there is one.
        on_epoch: Called after every epoch with its figures and whether it is the best so far. Its validation accuracy
            is the agreement with the float network, its validation loss the mean Kullback-Leibler divergence.

    Returns:
        The path of the network that agrees best with the float network, `out/best.keras`.

    Raises:
        SourceNotFound: There are fewer faces than a batch has.
        BadModel: The checkpoint is another network's.
        CannotWrite: The folder cannot be written.
    """
    if len(train) < recipe.batch:
        raise SourceNotFound(
            f"There are {len(train)} faces to train on, less than a batch of {recipe.batch}.", fix="Give more data."
        )
    run = Checkpoints(out, recipe, resume=resume)
    teacher = _teacher(Path(recipe.init), out, fresh=not run.state)
    folded = fold(teacher)
    given = network(teacher.name).input.sized(teacher.input_shape[1])
    if not run.state:
        shown = given.arrays(_balanced(train, recipe.seed))
        write_ranges(calibrated(folded, shown, given.value_range, recipe.seed), out / RANGES)
    student = Student(folded, read_ranges(out / RANGES))
    if run.state:
        student.restore(run.state)
    pictures = given.arrays(validation)
    for epoch in range(run.epoch, recipe.epochs):
        batches = TrainingBatches(
            train, given, recipe.augmentation, batch=recipe.batch, balance=recipe.balance, seed=(recipe.seed, epoch)
        )
        steps = recipe.epochs * len(batches)
        losses = []
        pace = Pace([given.size] * (recipe.epochs - epoch), len(batches) * recipe.batch)
        for index in range(len(batches)):
            rate = recipe.learning_rate * rate_share((epoch * len(batches) + index) / steps)
            losses.append(student.learn(batches[index][0], rate))
        images_per_s = pace.images_per_s()
        divergence, agreement = _compared(student, pictures)
        figures = (float(np.mean(losses)), float("nan"), divergence, agreement)
        done = Epoch(epoch, given.size, rate, *figures, images_per_s, pace.seconds, pace.left_s())
        on_epoch(done, run.keep(student.state(), student.network(), done, counts=True))
    return run.best_network


def rate_share(done: float) -> float:
    """The learning rate's schedule: a linear rise, then a half cosine.

    Args:
        done: Share of all steps that are over, 0..1.

    Returns:
        The rate as a share of the highest, 0..1.
    """
    return min(1.0, done / _WARM + 0.01) * (0.01 + 0.99 * (1 + cos(pi * done)) / 2)


def _recipe(name: str, init: Path, seed: int) -> Recipe:
    model = load_network(init)
    base = recipe_named(name)
    if base.network != model.name:
        raise UsageError(f"{init} holds {model.name}, not {base.network}.", fix=f"Name {model.name}, or another file.")
    return Recipe(
        name=_name(name),
        network=model.name,
        stages=((model.input_shape[1], 2),),
        batch=64,
        learning_rate=3e-5,
        weight_decay=0.0,
        votes_weight=0.0,
        label_smoothing=0.0,
        patience=2,
        init=str(init),
        seed=seed,
        augmentation=base.augmentation,
    )


def _name(name: str) -> str:
    return f"{name}-int8"


def _teacher(init: Path, out: Path, *, fresh: bool) -> keras.Model:
    """The float network; a copy is saved with the run, which then depends on no other folder."""
    kept = out / FLOAT
    if fresh:
        teacher = load_network(init)
        with whole(kept) as part:
            shutil.copyfile(init, part)
        return teacher
    return load_network(kept)


def _balanced(faces: Faces, seed: int) -> Faces:
    """Faces for calibration, equally many of each class where it has so many."""
    rng = np.random.default_rng(seed)
    classes = np.unique(faces.ground_truth)
    keep = np.zeros(len(faces), bool)
    for label in classes:
        keep[rng.permutation(np.flatnonzero(faces.ground_truth == label))[: _CALIBRATION_FACES // len(classes)]] = True
    return faces.where(keep)


def _compared(student: Student, pictures: NDArray[np.float32]) -> tuple[float, float]:
    """The mean divergence of the student's outputs from the float network's, and the share with the same label."""
    pairs = [student.outputs(pictures[start : start + _EVALUATED]) for start in range(0, len(pictures), _EVALUATED)]
    found, aim = (np.concatenate(outputs) for outputs in zip(*pairs, strict=True))
    divergence = aim * (np.log(np.maximum(aim, 1e-12)) - np.log(np.maximum(found, 1e-12)))
    return float(divergence.sum(axis=1).mean()), float(np.mean(found.argmax(axis=1) == aim.argmax(axis=1)))
