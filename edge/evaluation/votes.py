"""The ten votes on each face (FER+, Barsoum et al. 2016, arXiv:1608.01041), and the labels that follow from them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.core.labels import EMOTIONS, EXPRESSIVE_ABOVE, LEVELS, RESERVED_BELOW, level_of

# FER+'s names of the choices: EMOTIONS in their order, an eighth emotion, then two that are no emotion.
VOTED: Final = (
    *("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
    *("contempt", "unknown", "not_a_face"),
)
NO_EMOTION: Final = len(EMOTIONS)  # the first column of VOTED that is none of EMOTIONS
_NEUTRAL: Final = VOTED.index("neutral")
_EMOTION_VOTES: Final = slice(0, VOTED.index("contempt") + 1)

# FER+'s own order of columns: of those with equally many votes the first is the majority.
_TABLE_ORDER: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", *VOTED[NO_EMOTION:])
_PLACES: Final = np.array([VOTED.index(name) for name in _TABLE_ORDER])

# The tertiles of the share of votes that are not neutral, on FER-2013's training split, fall between 5/10 and 5/9 and
# between 9/10 and 10/10; the cuts stand halfway, so that no image lies on one.
SHARE_CUTS: Final = ((0.5 + 5 / 9) / 2, 0.95)


def majority(votes: NDArray[np.float32]) -> NDArray[np.int64]:
    """The majority of the votes for each face.

    The largest count wins, be it a half or not; of equal ones that which comes first in FER+'s table (neutral,
    happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, not a face). A face without votes is
    `unknown`.

    Args:
        votes: Counts (n, 10), in the order of VOTED.

    Returns:
        Indexes into VOTED (n,); below NO_EMOTION they are indexes into EMOTIONS as well.
    """
    winner = _PLACES[votes[:, _PLACES].argmax(axis=1)]
    return np.where(votes.any(axis=1), winner, VOTED.index("unknown")).astype(np.int64)


def tied(votes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether two counts of a face are the largest, so that only FER+'s order makes one of them the majority.

    Args:
        votes: Counts (n, 10), in the order of VOTED.

    Returns:
        Truth values (n,).
    """
    return np.asarray((votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1)


def emotion_shares(votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shares of the votes for EMOTIONS.

    Args:
        votes: Counts (n, 10), in the order of VOTED.

    Returns:
        Shares (n, 7), each row summing to 1, or all 0 where there is no vote for one of them.
    """
    of_seven = votes[:, :NO_EMOTION]
    return np.asarray(of_seven / np.maximum(of_seven.sum(axis=1, keepdims=True), 1e-9), np.float32)


def expressive_shares(votes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The share of the votes for an emotion that are not neutral.

    Args:
        votes: Counts (n, 10), in the order of VOTED.

    Returns:
        Shares (n,), 0..1; NaN where there is no vote for an emotion.
    """
    emotions = votes[:, _EMOTION_VOTES].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - votes[:, _NEUTRAL] / emotions, np.float32)


def standardised(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores from shares of votes that are not neutral, by the line that maps SHARE_CUTS to the two thresholds.

    Args:
        share: Shares (n,), 0..1.

    Returns:
        Standardised scores (n,).
    """
    low, high = SHARE_CUTS
    slope = (EXPRESSIVE_ABOVE - RESERVED_BELOW) / (high - low)
    return (RESERVED_BELOW + slope * (np.asarray(share, np.float32) - low)).astype(np.float32)


def levels_of(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The level of each standardised score (n,), as an index into LEVELS."""
    return np.array([LEVELS.index(level_of(float(score))) for score in scores], np.int64)
