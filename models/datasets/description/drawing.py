"""A description of a data set as plots: classes, scores, faces of each class, duplicates, pictures without a face."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edge.core.face.preprocess import CROP_PX
from edge.core.labels import EMOTIONS, LEVELS
from edge.evaluation.votes import VOTED, levels_of, majority
from models.datasets.description.describe import Description
from models.datasets.labelled import Labelled
from models.files import whole

_A_CLASS, _PAIRS, _FACELESS = 12, 24, 48  # how many faces are shown
_COLOURS = {"train": "#4477aa", "validation": "#ddaa33", "test": "#bb5566"}


def draw(described: Description, folder: Path) -> list[Path]:
    """Write the plots for which there are data, as PNG files.

    Args:
        described: The description.
        folder: Where they go.

    Returns:
        The paths written.

    Raises:
        CannotWrite: A file cannot be written.
    """
    drawn: dict[str, Figure | None] = {
        "classes.png": _classes(described),
        "faces.png": _faces(described),
        "scores.png": _scores(described),
        "duplicates.png": _duplicates(described),
        "not_a_face.png": _sheet(_by_votes(described), "Not a face, by most votes"),
        "not_detected.png": _sheet(_by_detector(described), "The detector finds no face"),
    }
    written = []
    for name, figure in drawn.items():
        if figure is not None:
            with whole(folder / name) as path:
                figure.savefig(path, dpi=120, bbox_inches="tight")
            written.append(folder / name)
    return written


def _classes(described: Description) -> Figure:
    figure = Figure(figsize=(8, 4))
    counted, shared = figure.subplots(1, 2, sharey=True)
    names = list(next(iter(described.classes.values())))
    begin = np.zeros(len(names))
    for split, counts in described.classes.items():
        faces = np.array(list(counts.values()), float)
        counted.barh(names, faces, left=begin, color=_COLOURS[split], label=split)
        shared.plot(faces / faces.sum(), names, "o", color=_COLOURS[split], label=split)
        begin += faces
    counted.invert_yaxis()
    counted.set_xlabel("faces")
    shared.set_xlabel("share of the split")
    shared.set_xlim(left=0)
    shared.axvline(1 / len(names), color="0.6", linewidth=0.8, linestyle="--")
    shared.legend(frameon=False)
    for axes in (counted, shared):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _scores(described: Description) -> Figure | None:
    if not described.scores:
        return None
    figure = Figure(figsize=(8, 4))
    spread, summed = figure.subplots(1, 2)
    everything = np.concatenate([scores.values for scores in described.scores.values()])
    bins = np.linspace(everything.min(), everything.max(), 32)
    for split, scores in described.scores.items():
        weights = np.full(len(scores.values), 1 / len(scores.values))
        spread.hist(scores.values, bins=bins, weights=weights, histtype="step", color=_COLOURS[split], label=split)
        ordered = np.sort(scores.values)
        summed.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), color=_COLOURS[split])
    name, first = next(iter(described.scores.items()))
    for axes, what in ((spread, "share of the split"), (summed, "share at or below")):
        for cut in first.cuts:
            axes.axvline(cut, color="0.4", linewidth=0.8, linestyle="--")
        axes.set_ylabel(what)
        axes.set_xlabel("score as given")
        axes.spines[["top", "right"]].set_visible(False)
    for share in (1 / 3, 2 / 3):
        summed.axhline(share, color="0.7", linewidth=0.8, linestyle=":")
    spread.set_title(f"dashed: thresholds from {name}", fontsize=9)
    spread.legend(frameon=False, loc="upper left")
    figure.tight_layout()
    return figure


def _faces(described: Description) -> Figure:
    """Faces of every class of the first split, spread evenly over it."""
    split = next(iter(described.splits.values()))
    labels, names = _labelled(split)
    figure = Figure(figsize=(_A_CLASS * 0.7, len(names) * 0.75))
    grid = figure.subplots(len(names), 1)
    for index, name in enumerate(names):
        there = np.flatnonzero(labels == index)
        shown = there[np.unique(np.linspace(0, len(there) - 1, _A_CLASS).astype(int))] if len(there) else there
        _show(grid[index], _side_by_side(split.crops[shown], _A_CLASS))
        grid[index].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure


def _duplicates(described: Description) -> Figure | None:
    """Nearly the same pictures in different splits, one above the other."""
    crops = np.concatenate([split.crops for split in described.splits.values()])
    split_of = described.split_of
    pairs = [(one[0], other[0]) for one, other in described.duplicates.near if split_of[one[0]] != split_of[other[0]]]
    if not pairs:
        return None
    shown = [pairs[at] for at in np.unique(np.linspace(0, len(pairs) - 1, _PAIRS).astype(int))]
    rows = [_side_by_side(crops[[pair[side] for pair in shown]], _PAIRS) for side in (0, 1)]
    figure = Figure(figsize=(_PAIRS * 0.5, 1.4))
    axes = figure.subplots()
    _show(axes, np.vstack(rows))
    axes.set_title(f"{len(shown)} of {len(pairs)} pairs that are nearly the same, in two splits", fontsize=9)
    return figure


def _by_votes(described: Description) -> list[NDArray[np.uint8]]:
    no_face = VOTED.index("not_a_face")
    voted = [split for split in described.splits.values() if split.votes is not None]
    return [crop for split in voted for crop in split.crops[majority(np.asarray(split.votes, np.float32)) == no_face]]


def _by_detector(described: Description) -> list[NDArray[np.uint8]]:
    return [
        crop for name, places in (described.undetected or {}).items() for crop in described.splits[name].crops[places]
    ]


def _sheet(crops: Sequence[NDArray[np.uint8]], title: str) -> Figure | None:
    if not crops:
        return None
    shown = [crops[at] for at in np.unique(np.linspace(0, len(crops) - 1, _FACELESS).astype(int))]
    rows = [_side_by_side(shown[start : start + _A_CLASS], _A_CLASS) for start in range(0, len(shown), _A_CLASS)]
    figure = Figure(figsize=(_A_CLASS * 0.7, len(rows) * 0.7 + 0.3))
    axes = figure.subplots()
    _show(axes, np.vstack(rows))
    axes.set_title(f"{title}: {len(shown)} of {len(crops)}", fontsize=9)
    return figure


def _labelled(split: Labelled) -> tuple[NDArray[np.int64], Sequence[str]]:
    if split.emotion is not None:
        return split.emotion, EMOTIONS
    return levels_of(np.asarray(split.scores, np.float32)), [level.value for level in LEVELS]


def _side_by_side(crops: Iterable[NDArray[np.uint8]], count: int) -> NDArray[np.uint8]:
    """Crops (48, 48) in one row of `count` places, white where there is none."""
    row = np.full((CROP_PX, count * CROP_PX), 255, np.uint8)
    for place, crop in enumerate(crops):
        row[:, place * CROP_PX : (place + 1) * CROP_PX] = crop
    return row


def _show(axes: Axes, picture: NDArray[np.uint8]) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
