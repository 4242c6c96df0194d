"""One answer from two heads: FER-2013's labels and FER+'s votes read the same face, and both count.

The answer's logits are w times the first head's and 1 - w times the second's for the seven emotions, divided by a
temperature. Both numbers are fitted on validation, by the likelihood of the votes' majority with every emotion counting
equally. The majority of ten people is the cleaner labeling; counted as the faces are, it would leave the first head out
and with it most of what is known of the rare emotions.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from edge.core.errors import SourceNotFound
from edge.core.labels import EMOTIONS
from edge.evaluation.votes import NO_EMOTION, majority

_WEIGHTS = np.linspace(0, 1, 41)
_SEVEN = len(EMOTIONS)


@dataclass(frozen=True, slots=True)
class Both:
    """How two heads become one answer."""

    weight: float  # of the first head, 0..1; the second has the rest
    temperature: float = 1.0

    def logits(self, labels: NDArray[np.float32], votes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The joined logits (n, 7) of the heads' logits (n, 7) and (n, 8)."""
        joined = self.weight * labels + (1 - self.weight) * votes[:, :_SEVEN]
        return np.asarray(joined / self.temperature, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """What n faces show by both labelings."""

    emotion: NDArray[np.int64]  # (n,), index into EMOTIONS
    votes: NDArray[np.float32]  # (n, 10)


def fit(labels: NDArray[np.float32], votes: NDArray[np.float32], ground_truth: GroundTruth) -> Both:
    """The weight and the temperature with which the votes' majority is likeliest, every emotion counting equally.

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
    labels, votes, voted = labels[counts], votes[counts], voted[counts]
    share = 1 / np.bincount(voted, minlength=_SEVEN)[voted]

    def loss(found: NDArray[np.float32]) -> float:
        likelihood = log_softmax(found.astype(np.float64), axis=1)[np.arange(len(voted)), voted]
        return -float(np.average(likelihood, weights=share))

    def best_of(weight: float) -> tuple[float, Both]:
        found: Any = minimize_scalar(
            lambda log: loss(Both(weight, float(np.exp(log))).logits(labels, votes)),
            bounds=(np.log(0.25), np.log(4.0)),
            method="bounded",
        )
        return float(found.fun), Both(round(weight, 3), round(float(np.exp(found.x)), 4))

    return min((best_of(float(weight)) for weight in _WEIGHTS), key=lambda tried: tried[0])[1]


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
