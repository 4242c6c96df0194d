"""Plots of a run, as PNG: learning curves, confusion matrix and reliability diagram."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import ConfusionMatrixDisplay

from edge.evaluation.metrics import expected_calibration_error
from models.datasets.faces import Faces
from models.files import whole
from models.networks import network
from models.training.checkpoints import Epoch, logged
from models.training.saved import load_network

CURVES, CONFUSION, RELIABILITY = "learning_curves.png", "confusion_matrix.png", "reliability.png"


def draw(out: Path, validation: Faces) -> None:
    """Plot the log of the run in `out`, and its best network's probabilities for the validation faces.

    Raises:
        CannotWrite: A file cannot be written.
    """
    matplotlib.use("Agg")  # no screen is needed
    model = load_network(out / "best.keras")
    given = network(model.name).input.sized(model.input_shape[1])
    shares = np.asarray(model.predict(given.arrays(validation), batch_size=256, verbose=0))
    _save(_curves(logged(out)), out / CURVES)
    _save(_confusion(validation, shares), out / CONFUSION)
    _save(_reliability(validation, shares), out / RELIABILITY)


def _curves(epochs: Sequence[Epoch]) -> Figure:
    figure, (left, right) = _page(2)
    numbers = [done.epoch + 1 for done in epochs]
    for axes, name in ((left, "loss"), (right, "accuracy")):
        axes.plot(numbers, [getattr(done, name) for done in epochs], label="training, augmented")
        axes.plot(numbers, [getattr(done, f"validation_{name}") for done in epochs], label="validation")
        for before, after in pairwise(epochs):
            if before.size_px != after.size_px:
                axes.axvline(after.epoch + 0.5, color="grey", linestyle=":", label=f"{after.size_px} px from here")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    return figure


def _confusion(faces: Faces, shares: NDArray[np.float32]) -> Figure:
    figure, (axes,) = _page(1)
    ConfusionMatrixDisplay.from_predictions(
        faces.ground_truth,
        shares.argmax(axis=1),
        labels=range(len(faces.labels)),
        display_labels=faces.labels,
        normalize="true",
        values_format=".2f",
        xticks_rotation=45,
        cmap="Blues",
        ax=axes,
    )
    axes.set(title=f"Validation, {len(faces)} faces: shares of each true label", xlabel="predicted", ylabel="true")
    return figure


def _reliability(faces: Faces, shares: NDArray[np.float32]) -> Figure:
    figure, (axes,) = _page(1)
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == faces.ground_truth
    accuracy, predicted = calibration_curve(right, confidence, n_bins=15)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfectly calibrated")
    axes.plot(predicted, accuracy, marker="o", label="the network")
    axes.hist(
        confidence, bins=[tenth / 10 for tenth in range(11)], weights=np.full(len(faces), 1 / len(faces)), alpha=0.3
    )
    error = expected_calibration_error(confidence, right)
    axes.set(
        title=f"Validation, {len(faces)} faces: expected calibration error {error:.3f}",
        xlabel="probability of the predicted label (bars: share of faces)",
        ylabel="accuracy",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.legend()
    return figure


def _page(columns: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(6 * columns, 5), layout="constrained")
    return figure, [figure.add_subplot(1, columns, column + 1) for column in range(columns)]


def _save(figure: Figure, path: Path) -> None:
    with whole(path) as part:
        figure.savefig(part, dpi=100)
