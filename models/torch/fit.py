"""The training loop: epoch by epoch, each checkpointed, so that a run that stops goes on where it was."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np
import torch

from edge.core.errors import SourceNotFound
from models.datasets.labelled import Labelled
from models.torch.journal import BEST, Epoch, Journal
from models.torch.learner import Learner, Step
from models.torch.recipe import Recipe
from models.torch.targets import TrainingSet
from models.torch.teachers import Teachers
from models.training.answers import Answers
from models.training.both import Both, GroundTruth, accuracies, fit
from models.training.pace import Pace

_PROGRESS_S = 30.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an epoch is."""

    epoch: int  # counted from 1
    step: int
    steps: int
    loss: float
    images_per_s: float
    left_s: float  # until the run's end


def train(
    recipe: Recipe,
    training_set: TrainingSet,
    validation: Labelled,
    out: Path,
    *,
    init: Path | None = None,
    teachers: Teachers | None = None,
    resume: bool = False,
    on_epoch: Callable[[Epoch, bool], None] = lambda done, is_best: None,
    show: Callable[[Progress], None] = lambda progress: None,
) -> Path:
    """Train, and return the path of the best weights.

    Every epoch's order and every step's draws depend on the recipe's seed and on their numbers alone, so a resumed run
    ends as one that never stopped.

    Args:
        recipe: How.
        training_set: The faces and their targets.
        validation: Faces with classes and votes, by which the best epoch is chosen.
        out: The run's folder; `models.torch.journal` says what it holds.
        init: The weights to begin with.
        teachers: Networks that look at every picture with the student, or None.
        resume: Whether to go on with the run in `out`, if it holds one.
        on_epoch: Called after every epoch, with whether it is the best so far.
        show: Called about twice a minute.

    Raises:
        SourceNotFound: There are fewer faces than in a batch.
    """
    if len(training_set) < recipe.batch:
        raise SourceNotFound(
            f"There are {len(training_set)} faces to train on, less than a batch of {recipe.batch}.",
            fix="Give more data.",
        )
    journal = Journal(out, recipe, resume=resume)
    learner = Learner(recipe, init, teachers)
    if journal.learnt is not None:
        learner.restore(journal.learnt)
        journal.learnt = None
    for epoch in range(journal.epoch, recipe.epochs):
        sizes_px = [recipe.at(number)[0].size_px for number in range(epoch, recipe.epochs)]
        pace, size_px = Pace(sizes_px, len(training_set) // recipe.batch * recipe.batch), sizes_px[0]
        loss, accuracy, rate = _epoch(recipe, learner, training_set, epoch, pace, show)
        images_per_s = pace.images_per_s()
        joined, figures = judged(learner, validation, size_px)
        done = Epoch(
            epoch=epoch + 1,
            size_px=size_px,
            learning_rate=rate,
            loss=loss,
            accuracy=accuracy,
            validation_label=figures["label"],
            validation_votes=figures["votes"],
            validation_joined_label=figures["joined_label"],
            validation_joined_votes=figures["joined_votes"],
            validation_joined_balanced=figures["joined_balanced"],
            images_per_s=images_per_s,
            seconds=pace.seconds,
            left_s=pace.left_s(),
        )
        final = size_px == recipe.stages[-1].size_px
        on_epoch(done, journal.keep(learner.state(), learner.average, joined, done, counts=final))
    return out / BEST


def judged(learner: Learner, validation: Labelled, size_px: int) -> tuple[Both, dict[str, float]]:
    """How the heads are best joined, and the accuracies of each answer with a mirrored second look.

    Args:
        learner: Its average is judged.
        validation: Faces with classes and votes.
        size_px: The side of the input.
    """
    if validation.emotion is None or validation.votes is None:
        raise SourceNotFound("The validation split has no classes or no votes.", fix="Give FER-2013 with FER+.")
    ground_truth = GroundTruth(validation.emotion, validation.votes)
    plain, mirrored = learner.answers(torch.from_numpy(validation.crops), size_px)
    mean = Answers((plain.labels + mirrored.labels) / 2, (plain.votes + mirrored.votes) / 2)
    joined = fit(mean.labels, mean.votes, ground_truth)
    return joined, accuracies(mean.labels, mean.votes, joined.logits(mean.labels, mean.votes), ground_truth)


def _epoch(
    recipe: Recipe,
    learner: Learner,
    training_set: TrainingSet,
    epoch: int,
    pace: Pace,
    show: Callable[[Progress], None],
) -> tuple[float, float, float]:
    """The epoch's mean loss, its share of right answers, and the last learning rate."""
    stage, over = recipe.at(epoch)
    order = torch.from_numpy(np.random.default_rng((recipe.seed, epoch)).permutation(len(training_set)))
    steps, loss, right, rate = len(training_set) // recipe.batch, 0.0, 0.0, stage.rate
    learner.train()
    shown = monotonic()
    for number in range(steps):
        faces = order[number * recipe.batch : (number + 1) * recipe.batch]
        rate = stage.rate_at(over + number / steps, 1 / steps)
        found = learner.learn(training_set, faces, stage.size_px, rate, Step(epoch, number))
        loss, right = loss + found[0], right + found[1]
        if monotonic() - shown >= _PROGRESS_S:
            share, shown = (number + 1) / steps, monotonic()
            done = loss / (number + 1)
            show(Progress(epoch + 1, number + 1, steps, done, pace.images_per_s(share), pace.left_s(share)))
    return loss / steps, right / steps, rate
