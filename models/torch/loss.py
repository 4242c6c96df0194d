"""What is minimised: cross entropy with both labelings, and with the teachers' softened answers to both."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Generator, Tensor


def distilled(answers: Sequence[Tensor], targets: Sequence[Tensor], weight: float, temperature: float) -> Tensor:
    """The loss of a batch (Hinton et al. 2015, arXiv:1503.02531).

    Args:
        answers: The logits of both heads, (n, 7) and (n, 8).
        targets: The labels (n, 7) and votes (n, 8), then the teachers' probabilities for both where there are any.
        weight: Share of the teachers in the loss, 0..1; without teachers it is 0.
        temperature: That of the teachers' probabilities. Its square keeps their gradients as large as the others'.

    Returns:
        A scalar.
    """
    own = F.cross_entropy(answers[0], targets[0]) + F.cross_entropy(answers[1], targets[1])
    if len(targets) == 2:
        return own
    taught = [F.cross_entropy(logits / temperature, soft) for logits, soft in zip(answers, targets[2:], strict=True)]
    return (1 - weight) * own + weight * temperature**2 * (taught[0] + taught[1])


def mixing(count: int, share: float, rng: Generator) -> Callable[[Tensor], Tensor]:
    """How each face is mixed with another (mixup, Zhang et al. 2018, arXiv:1710.09412).

    Args:
        count: n, how many faces there are.
        share: What each keeps of itself, 0..1.
        rng: Decides which are mixed.

    Returns:
        A function that mixes the pictures or the targets (n, ...) of these faces.
    """
    other = torch.randperm(count, generator=rng)
    return lambda part: share * part + (1 - share) * part[other]
