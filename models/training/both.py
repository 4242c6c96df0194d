"""One answer from two heads: FER-2013's labels and FER+'s votes read the same face, and both count.

The answer's logits are w times the first head's and 1 - w times the second's for the seven emotions, less a share of
the logarithm of how often each emotion is the majority's, all divided by a temperature. Weight and share are fitted on
validation by the likelihood of both labelings: that of the votes' majority, which is the cleaner one, counts four times
that of the label, and the mean over all faces three times the mean over the emotions. Counted as the faces are alone,
the rare emotions would hardly ever be answered; counted equally alone, `fear` would be wrong two times out of three.
The temperature is then the one with which the majority alone is likeliest, so that a probability is a share of faces.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS
from edge.evaluation.votes import NO_EMOTION, majority

_SEVEN = len(EMOTIONS)
_LABELS_SHARE = 0.2  # of the label in the likelihood; the majority has the rest
_EMOTIONS_SHARE = 0.25  # of the mean over the emotions in each likelihood; the mean over the faces has the rest
_BOUNDS = ((0.0, 1.0), (0.0, 1.0), (float(np.log(0.25)), float(np.log(4.0))))


@dataclass(frozen=True, slots=True)
class Both:
    """How two heads become one answer."""

    weight: float  # of the first head, 0..1; the second has the rest
    temperature: float = 1.0
    bias: tuple[float, ...] = (0.0,) * _SEVEN  # added to each emotion's mean logit before the temperature

    def logits(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The joined logits (n, 7) of the heads' logits (n, 7) and (n, 8)."""
        joined = self.weight * labels + (1 - self.weight) * votes[:, :_SEVEN] + np.asarray(self.bias, np.float32)
        return np.asarray(joined / self.temperature, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """What n faces show by both labelings."""

    emotion: NDArray[np.int64]  # (n,), index into EMOTIONS
    votes: NDArray[np.float32]  # (n, 10)


def fit(labels: NDArray[np.float32], votes: NDArray[np.float32], ground_truth: GroundTruth) -> Both:
    """Weight, temperature and bias with which both labelings are likeliest.

    The bias takes back a share of how much oftener one emotion is than another (logit adjustment, Menon et al. 2021,
    arXiv:2007.07314); the share is fitted, and is the same for all emotions.

    Args:
        labels: The first head's logits (n, 7) on validation.
        votes: The second head's logits (n, 8).
        ground_truth: What the faces show; those whose majority is none of the seven do not count.

    Raises:
        SourceNotFound: No face has one of the seven as its majority.
    """
    voted = majority(ground_truth.votes)
    counts = voted < NO_EMOTION
    if not counts.any():
        raise SourceNotFound("No validation face has votes for one of the seven emotions.", fix="Give other data.")
    labels, votes, voted, emotion = labels[counts], votes[counts], voted[counts], ground_truth.emotion[counts]
    often = np.log((np.bincount(voted, minlength=_SEVEN) + 1) / (len(voted) + _SEVEN))

    def logits(weight: float, share: float) -> NDArray[np.float64]:
        mean = weight * labels + (1 - weight) * votes[:, :_SEVEN]
        return np.asarray(mean - share * often, np.float64)

    def loss(numbers: NDArray[np.float64]) -> float:
        weight, share, log_temperature = numbers
        likelihoods = log_softmax(logits(weight, share) / np.exp(log_temperature), axis=1)
        return (1 - _LABELS_SHARE) * _loss(likelihoods, voted) + _LABELS_SHARE * _loss(likelihoods, emotion)

    tried: list[Any] = [minimize(loss, (weight, 0.2, 0.0), bounds=_BOUNDS) for weight in (0.1, 0.5, 0.9)]
    weight, share = (float(number) for number in min(tried, key=lambda one: float(one.fun)).x[:2])
    chosen, rows = logits(weight, share), np.arange(len(voted))
    found: Any = minimize_scalar(
        lambda log: -float(log_softmax(chosen / np.exp(log), axis=1)[rows, voted].mean()),
        bounds=_BOUNDS[2],
        method="bounded",
    )
    bias = tuple(round(-share * float(log), 4) for log in often)
    return Both(round(weight, 4), round(float(np.exp(found.x)), 4), bias)


def _loss(likelihoods: NDArray[np.float64], shown: NDArray[np.int64]) -> float:
    """Less the logarithm of the likelihood of what faces show: the mean over faces, and that over emotions."""
    each = -likelihoods[np.arange(len(shown)), shown]
    emotions = float(np.mean([each[shown == emotion].mean() for emotion in np.unique(shown)]))
    return (1 - _EMOTIONS_SHARE) * float(each.mean()) + _EMOTIONS_SHARE * emotions


def accuracies(
    labels: NDArray[np.float32], votes: NDArray[np.float32], joined: NDArray[np.float32], ground_truth: GroundTruth
) -> dict[str, float]:
    """How often each answer is right.

    Args:
        labels: The first head's logits (n, 7).
        votes: The second head's logits (n, 8).
        joined: The joined logits (n, 7).
        ground_truth: What the faces show.

    Returns:
        Shares: `label`, the first head by the classes; `votes`, the second by the votes' majority where that is an
        emotion; `joined_label` and `joined_votes`, the joined answer by each; `joined_balanced`, its mean recall by
        the votes.
    """
    voted = majority(ground_truth.votes)
    counts = voted < NO_EMOTION
    answer = joined.argmax(axis=1)
    recalls = [float(np.mean(answer[voted == label] == label)) for label in range(_SEVEN) if (voted == label).any()]
    return {
        "label": float(np.mean(labels.argmax(axis=1) == ground_truth.emotion)),
        "votes": float(np.mean(votes[counts, :_SEVEN].argmax(axis=1) == voted[counts])),
        "joined_label": float(np.mean(answer == ground_truth.emotion)),
        "joined_votes": float(np.mean(answer[counts] == voted[counts])),
        "joined_balanced": float(np.mean(recalls)),
    }
