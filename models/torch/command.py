"""`edge-train RECIPE.toml`: a run with PyTorch from its recipe to the networks that are converted."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from edge.core.errors import BadConfiguration, UsageError
from models.files import refuse_unwritable, whole
from models.torch.fit import Progress, judged, train
from models.torch.graphs.networks import keep_weights
from models.torch.graphs.recovered import keep_beginning
from models.torch.journal import JOINED, Epoch
from models.torch.learner import Learner
from models.torch.recipe import Recipe, read_recipe
from models.torch.start import Start, prepare
from models.training.answers import ANSWERS, Answers, keep_answers
from models.training.both import Both
from models.training.pace import epoch_pace, time_left

MEAN = "mean.npz"  # the mean of the weights before and after training, where the recipe wants it
_STATISTICS = 512  # training faces from which an INT8 beginning gets its statistics


def run(
    path: Path,
    data: Path,
    out: Path,
    *,
    init: Path | None,
    teachers: Sequence[Path],
    epochs: int | None,
    seed: int | None,
    resume: bool,
    command: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Train by a recipe file; a teacher's answers, or a student's Keras networks, are written at the end.

    Args:
        path: The recipe.
        data: Labelled faces with votes.
        out: The run's folder.
        init: The weights to begin with, those of a shipped .tflite among them, or None for random ones.
        teachers: Files of teachers' answers or weights.
        epochs: Of all stages together, for a quick trial; None for the recipe's.
        seed: Instead of the recipe's.
        resume: Whether to go on with the run in `out`.
        command: What was typed.
        say: Writes a line for the person at the terminal.

    Raises:
        EdgeError: Anything that cannot be used, by a sentence.
    """
    recipe = _chosen(read_recipe(path), epochs, seed, init)
    refuse_unwritable(out)
    start = prepare(recipe, data, out, init=init, teachers=teachers, resume=resume, command=command)
    say(f"{len(start.training_set)} faces; {start.dropped} that stand in validation or test too were left out.")

    def on_epoch(done: Epoch, is_best: bool) -> None:
        say(
            f"Epoch {done.epoch} of {recipe.epochs} at {done.size_px} px: loss {done.loss:.4f}, accuracy "
            f"{done.accuracy:.4f}; validation {done.validation_label:.4f} by labels, {done.validation_votes:.4f} by "
            f"votes, joined {done.validation_joined_label:.4f} and {done.validation_joined_votes:.4f}; "
            f"{epoch_pace(done.images_per_s, done.seconds, done.left_s)}"
            f"{'; the best so far' * is_best}."
        )

    def show(progress: Progress) -> None:
        say(
            f"Epoch {progress.epoch}, step {progress.step} of {progress.steps}: loss {progress.loss:.4f}; "
            f"{progress.images_per_s:.0f} images/s, {time_left(progress.left_s)}."
        )

    if init is not None and init.suffix == ".tflite":
        init = keep_beginning(init, start.train.crops[:: max(len(start.train) // _STATISTICS, 1)], out)
    best = train(
        recipe,
        start.training_set,
        start.validation,
        out,
        init=init,
        teachers=start.teachers,
        resume=resume,
        on_epoch=on_epoch,
        show=show,
    )
    say(f"The best weights are {best}.")
    if recipe.beginning_share and init is not None:
        best = _mean(recipe, start, out, best, init, say)
    _hand_on(recipe, start, out, best, say)


def _chosen(recipe: Recipe, epochs: int | None, seed: int | None, init: Path | None) -> Recipe:
    if recipe.beginning_share and init is None:
        raise UsageError("The recipe hands on a mean with the beginning's weights.", fix="Give --init.")
    if epochs is not None:
        recipe = recipe.lasting(epochs)
    return recipe if seed is None else recipe.model_copy(update={"seed": seed})


def _mean(recipe: Recipe, start: Start, out: Path, best: Path, init: Path, say: Callable[[str], None]) -> Path:
    """The mean of the weights before and after training (Wortsman et al. 2022, arXiv:2109.01903), joined anew."""
    before, learner = Learner(recipe, init), Learner(recipe, best)
    earlier = before.average.state_dict()
    for name, value in learner.average.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(earlier[name], recipe.beginning_share)
    joined, figures = judged(learner, start.validation, recipe.stages[-1].size_px)
    keep_weights(learner.average, out / MEAN)
    with whole(out / JOINED) as part:
        part.write_text(json.dumps(asdict(joined)) + "\n")
    say(
        f"With {recipe.beginning_share:g} of the beginning in it: validation {figures['label']:.4f} by labels, "
        f"{figures['votes']:.4f} by votes, joined {figures['joined_label']:.4f} and {figures['joined_votes']:.4f}."
    )
    return out / MEAN


def _hand_on(recipe: Recipe, start: Start, out: Path, best: Path, say: Callable[[str], None]) -> None:
    """A teacher's answers about the training and validation faces; a student's networks as Keras has them."""
    size_px = recipe.stages[-1].size_px
    learner = Learner(recipe, best)
    if recipe.network != "mobilenet":
        said = {}
        for split, faces in (("train", start.train), ("validation", start.validation)):
            plain, mirrored = learner.answers(torch.from_numpy(faces.crops), size_px)
            mean = Answers((plain.labels + mirrored.labels) / 2, (plain.votes + mirrored.votes) / 2)
            said[split] = faces.names, mean
        keep_answers(out / ANSWERS, said)
        say(f"What it answers about the training faces is {out / ANSWERS}; --teacher takes it.")
        return
    try:
        from models.backend import need_keras

        need_keras()
    except BadConfiguration as error:
        say(f"The weights were not carried into Keras: {error}")
        return
    from models.torch.graphs.to_keras import keep_networks

    joined = Both(**json.loads((out / JOINED).read_text()))
    for path in keep_networks(learner.average, out, size_px, joined, recipe.model_dump(mode="json")):
        say(f"Wrote {path}; edge-convert takes it from there.")
