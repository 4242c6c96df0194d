"""How a standardised expressiveness score follows from the three levels' probabilities."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EXPRESSIVE_ABOVE, RESERVED_BELOW
from models.datasets.faces import Faces
from models.networks import network
from models.training.batches import inputs


def score_knots(path: Path, validation: Faces) -> dict[str, list[float]]:
    """Four points (x, y) of a piecewise linear curve from x = P(expressive) - P(reserved) to the standardised score.

    The two in the middle lie on the thresholds between the levels, where the validation split's levels are told apart
    best; the outer two are the means, in x and in score, of the tenth of faces with the lowest and the highest x.
    """
    if validation.scores is None:
        raise ValueError("the validation faces carry no scores")
    model = keras.saving.load_model(path)
    spec = network(model.name).input_spec(model.input_shape[1])
    shares = np.asarray(model.predict(inputs(validation, spec), batch_size=256, verbose=0))
    x = shares[:, 2] - shares[:, 0]
    cuts = _best_cut(x, validation.truth > 0), _best_cut(x, validation.truth > 1)
    order = np.argsort(x)
    ends = order[: max(len(x) // 10, 1)], order[-max(len(x) // 10, 1) :]
    least, most = ((float(x[end].mean()), float(validation.scores[end].mean())) for end in ends)
    points = [least, (cuts[0], RESERVED_BELOW), (cuts[1], EXPRESSIVE_ABOVE), most]
    return {"x": [round(x, 4) for x, _ in points], "y": [round(y, 4) for _, y in points]}


def _best_cut(x: NDArray[np.float32], above: NDArray[np.bool_]) -> float:
    """The threshold on x, strictly within -1..1, with the best balanced accuracy for `above`."""
    cuts = np.linspace(-0.98, 0.98, 197)
    balanced = [np.mean(x[above] > cut) + np.mean(x[~above] <= cut) for cut in cuts]
    return float(cuts[int(np.argmax(balanced))])
