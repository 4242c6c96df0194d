"""k-fold cross-validation: how much a network's accuracy depends on the faces that it is trained on and judged by."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from edge.core.errors import SourceNotFound
from models.datasets.clean import chosen, repeats
from models.datasets.description.duplicates import find
from models.datasets.labelled import Labelled, together
from models.datasets.load import load
from models.datasets.splitting import NoSuchSplit
from models.files import whole
from models.networks import network
from models.specs.recipe import Recipe
from models.training.checkpoints import Epoch, logged
from models.training.fit import fit
from models.training.start import refuse_unlearnable

FOLDS = "folds.json"


@dataclass(frozen=True, slots=True)
class Validated:
    """The validation accuracies of the folds, 0..1, each of its best epoch."""

    accuracies: tuple[float, ...]
    mean: float
    sd: float  # of the folds, with n - 1


def cross_validate(
    recipe: Recipe,
    data: Path,
    out: Path,
    folds: int,
    *,
    init: str | None,
    resume: bool,
    on_epoch: Callable[[int, Epoch, bool], None] = lambda fold, epoch, is_best: None,
) -> Validated:
    """Train once for each fold, on all the others, in `out/fold-1` and so on.

    Every class has the same share of each fold, and a person, or the copies of a picture, is in one fold alone. The
    test split stays out: its pictures, and pictures nearly like them, are in no fold.

    Args:
        recipe: How to train.
        data: A data set of any form in docs/data.md; its training and validation splits are pooled.
        out: The folder; `folds.json` there has the result.
        folds: How many, at least 2.
        init: Weights to begin with, as `fit` takes them.
        resume: Go on where an earlier call stopped.
        on_epoch: Called after every epoch with the fold's number, counted from 1, and what `fit` reports.

    Raises:
        SourceNotFound: Data are missing, or are too few for so many folds.
        BadModel, CannotWrite: As `fit`.
    """
    pool = _pool(recipe, data)
    target, accuracies = network(recipe.network).target, []
    for number, (learnt, judged) in enumerate(_splits(recipe, pool, folds), start=1):
        train, validation = (target.samples(chosen(pool, places), recipe) for places in (learnt, judged))
        folder = out / f"fold-{number}"
        fit(
            recipe,
            train.faces,
            validation.faces,
            folder,
            init=init,
            resume=resume,
            second=train.second,
            on_epoch=lambda done, is_best, fold=number: on_epoch(fold, done, is_best),  # type: ignore[misc]
        )
        final = recipe.stages[-1][0]
        accuracies.append(max(done.validation_accuracy for done in logged(folder) if done.size_px == final))
    found = Validated(tuple(accuracies), float(np.mean(accuracies)), float(np.std(accuracies, ddof=1)))
    with whole(out / FOLDS) as part:
        part.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return found


def _pool(recipe: Recipe, data: Path) -> Labelled:
    pool = together([load(data, "train"), load(data, "validation")])
    with suppress(NoSuchSplit):
        pool = chosen(pool, ~repeats(pool, [load(data, "test")]))
    samples = network(recipe.network).target.samples(pool, recipe)
    refuse_unlearnable(samples.faces)
    return chosen(pool, samples.rows)


def _splits(recipe: Recipe, pool: Labelled, folds: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    ground_truth = network(recipe.network).target.samples(pool, recipe).faces.ground_truth
    groups = _groups(pool)
    for label in np.unique(ground_truth):
        if len(np.unique(groups[ground_truth == label])) < folds:
            raise SourceNotFound(
                f"There are too few different faces of a class for {folds} folds.",
                fix="Give fewer --folds, or more data.",
            )
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=recipe.seed)
    yield from divided.split(ground_truth, ground_truth, groups)


def _groups(pool: Labelled) -> NDArray[np.int64]:
    """The group (n,) of each face: its person where that is known, else the pictures that are nearly like it."""
    if pool.persons is not None:
        return np.unique(pool.persons, return_inverse=True)[1].astype(np.int64)
    found = find(pool.crops, pool.names or [str(number) for number in range(len(pool))])
    alike = [(places[0], place) for places in found.same for place in places[1:]]
    alike += [(one[0], other[0]) for one, other in found.near]
    one, other = np.array(alike, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(one)), (one, other)), (len(pool), len(pool)))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
