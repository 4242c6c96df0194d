"""Whether a network does better than chance."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import EdgeError
from models.datasets.faces import Faces

_STANDARD_ERRORS = 2.0


def refuse_guessing(name: str, outputs: NDArray[np.float32], faces: Faces) -> None:
    """Refuses a network that guesses: there is no card for it.

    Its mean recall has to lie two standard errors of a guess above that of a guess.

    Args:
        name: The network's file, for the message.
        outputs: Its probabilities for n faces, (n, labels).
        faces: These faces.

    Raises:
        EdgeError: It guesses.
    """
    answers, labels = outputs.argmax(axis=1), np.unique(faces.ground_truth)
    recall = float(np.mean([np.mean(answers[faces.ground_truth == label] == label) for label in labels]))
    chance = 1 / len(faces.labels)
    if recall <= chance + _STANDARD_ERRORS * sqrt(chance * (1 - chance) / len(faces)):
        accuracy = float(np.mean(answers == faces.ground_truth))
        raise EdgeError(
            f"{name} guesses: accuracy {accuracy:.2f}, mean recall {recall:.2f} of {len(faces.labels)} classes is "
            "chance; nothing was written.",
            fix="Check the order of the labels, black and white in --about.",
        )
