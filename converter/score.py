"""The scale of a network's score: quantiles of its margin over the training faces, and the levels' probabilities."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.stats import norm

from edge.core.labels import SCORE_MEAN, SCORE_SD
from edge.core.observing.score import Slopes, level_logits, margin_odds
from edge.vision.card import Score, ScoreSlopes

_TERTILE = float(norm.ppf(2 / 3))
_NORMAL = np.sort([*np.arange(-3, 3.01, 0.25), -_TERTILE, _TERTILE])  # the knots, in standard deviations
_APART = 0.001  # least distance between two margins
_SLOPES = (0.05, 50.0)  # a fit outside says more about the data than the network


def fitted_score(
    train: NDArray[np.float32], validation: NDArray[np.float32], ground_truth: NDArray[np.int64], made: dict[str, Any]
) -> Score:
    """Fits a network's scale.

    The knots are quantiles of the margin over the training faces with their normal scores, scaled so that the tertiles
    fall on the thresholds between the levels. The slopes are those with the greatest likelihood on the validation
    faces.

    Args:
        train: The network's probabilities for n training faces, (n, 3).
        validation: Its probabilities for m validation faces, (m, 3).
        ground_truth: The levels of these, (m,).
        made: What the card says about the faces.

    Returns:
        The score of the card.
    """
    margins = np.quantile(np.log(margin_odds(*train.T.astype(np.float64))), norm.cdf(_NORMAL))
    for place in range(1, len(margins)):  # a poor network gives many faces the same margin
        margins[place] = max(margins[place], margins[place - 1] + _APART)
    scores = SCORE_MEAN + SCORE_SD * _NORMAL
    knots = {"margins": [round(float(x), 4) for x in margins], "scores": [round(float(y), 4) for y in scores]}
    flat = dict.fromkeys(ScoreSlopes.model_fields, 1.0)
    unfitted = Score.model_validate({**knots, "slopes": flat, "made": made})
    return unfitted.model_copy(update={"slopes": _slopes(scores_of(validation, unfitted), ground_truth)})


def scores_of(probabilities: NDArray[np.float32], score: Score) -> NDArray[np.float64]:
    """Computes the scores (n,) of a network's probabilities (n, 3) as the runtime does."""
    scale = score.scale
    return np.array([scale.score(row) for row in probabilities.tolist()], np.float64)


def normal_scores(rated: NDArray[np.float32], ties: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks faces by what raters said of them, and gives each the normal score of its rank, on the score's scale.

    Args:
        rated: The raters' figure for each of n faces, (n,): many are equal, as they are shares of ten votes.
        ties: What decides between equal ones, (n,): the network's score.

    Returns:
        Scores (n,).
    """
    ranks = np.empty(len(rated))
    ranks[np.lexsort((ties, rated))] = np.arange(len(rated))
    return np.asarray(SCORE_MEAN + SCORE_SD * norm.ppf((ranks + 0.5) / len(rated)), np.float64)


def _slopes(scores: NDArray[np.float64], ground_truth: NDArray[np.int64]) -> ScoreSlopes:
    def slopes(logs: NDArray[np.float64]) -> Slopes:
        return Slopes(*(round(float(np.exp(log)), 4) for log in logs))

    def loss(logs: NDArray[np.float64]) -> float:
        reserved, expressive = level_logits(scores, slopes(logs))
        logits = np.stack([reserved, np.zeros_like(scores), expressive], axis=1)
        return float(-log_softmax(logits, axis=1)[np.arange(len(scores)), ground_truth].mean())

    bounds = [tuple(np.log(_SLOPES))] * 4
    found: Any = minimize(loss, np.ones(4), method="Nelder-Mead", bounds=bounds, options={"maxiter": 2000})
    fitted = slopes(found.x)
    return ScoreSlopes(**{name: getattr(fitted, name) for name in ScoreSlopes.model_fields})
