"""What a run by a recipe file starts from: data, teachers and beginnings, checked before anything takes long."""

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from edge.core.errors import SourceNotFound, UsageError
from models.datasets.clean import chosen, unseen
from models.datasets.hashing import hash_of
from models.datasets.labelled import Labelled
from models.datasets.load import hashes, load
from models.files import record_of_run, refuse_unwritable, whole, writing
from models.torch.journal import CHECKPOINT
from models.torch.recipe import Recipe
from models.torch.targets import TrainingSet, in_order, training_set
from models.torch.teachers import Teachers
from models.training.answers import Answers, holds_answers, read_answers

CONFIGURATION = "configuration.json"


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Everything that a run is given, and the training faces that teachers label."""

    training_set: TrainingSet
    train: Labelled
    validation: Labelled
    dropped: int  # training faces that stand in validation or test too
    teachers: Teachers | None  # that look at every picture with the student


def prepare(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    init: Path | None,
    teachers: Sequence[Path],
    resume: bool,
    command: Sequence[str] = (),
) -> Start:
    """Load the data, leave out what validation and test hold too, and write `configuration.json`.

    Args:
        recipe: How the run trains.
        data: Labelled faces with votes; a test split is read only to leave its pictures out of training.
        out: The run's folder.
        init: The weights to begin with, or None.
        teachers: Files of teachers' answers, or of the weights of teachers that look at every picture with the student;
            none for training without them.
        resume: Whether to go on with the run in `out`.
        command: What was typed, for `configuration.json`.

    Raises:
        UsageError: The folder holds a run and `resume` is false, or the run began on other data.
        SourceNotFound: Something is missing.
        CannotWrite: The folder cannot be written.
    """
    if (out / CHECKPOINT).exists() and not resume:
        raise UsageError(
            f"{out} holds a training run already.", fix="Add --resume to go on with it, or give another --out."
        )
    refuse_unwritable(out)
    if init is not None and not init.is_file():
        raise SourceNotFound(f"There is no file {init}.", fix="Give the weights that the recipe names.")
    train, validation = in_order(load(data, "train")), in_order(load(data, "validation"))
    kept = chosen(train, unseen(train, validation, data))
    dropped = len(train) - len(kept)
    answers, looking = _taught(teachers, kept, recipe)
    facts = {
        "recipe": recipe.model_dump(mode="json"),
        "data": {split: hashes(data, split) for split in ("train", "validation")},
        "faces": {"train": len(kept), "left_out": dropped, "validation": len(validation)},
        "files": {
            "init": {} if init is None else {init.name: hash_of(init)},
            "teachers": {path.name: hash_of(path) for path in teachers},
        },
    }
    _keep(out, facts, command, resume=resume)
    return Start(training_set(kept, recipe, answers), kept, validation, dropped, looking)


def _taught(paths: Sequence[Path], kept: Labelled, recipe: Recipe) -> tuple[Answers | None, Teachers | None]:
    """What teachers have answered, or the teachers themselves."""
    kinds = {holds_answers(path) for path in paths}
    if len(kinds) > 1:
        raise UsageError(
            "Some of the teachers are files of answers and some are networks.", fix="Give --teacher one kind of file."
        )
    if not paths:
        return None, None
    if kinds == {True}:
        return read_answers(paths, kept.names), None
    return None, Teachers(paths, recipe.temperature)


def _keep(out: Path, facts: dict[str, Any], command: Sequence[str], *, resume: bool) -> None:
    path = out / CONFIGURATION
    before = record_of_run(path) if resume and path.exists() else {}
    for what in ("data", "faces", "files"):
        if before and before.get(what) != facts[what]:
            raise UsageError(
                f"The run in {out} began with other {what}.",
                fix="Give the --data, --init and --teacher it began with, or another --out.",
            )
    versions = {
        "python": platform.python_version(),
        "edge-expressiveness": version("edge-expressiveness"),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with whole(path) as part:
        commands = [*before.get("commands", []), list(command)]
        part.write_text(json.dumps({**facts, "versions": versions, "commands": commands}, indent=2) + "\n")
