"""Probabilities from the stored output of a network with labels, without arrays: for a few labels they cost more."""

from collections.abc import Sequence
from math import exp

from edge.core.quantization import Quantization
from edge.vision.card import OutputForm


class Probabilities:
    """Turns stored outputs into probabilities.

    With logits this is the softmax. It depends on nothing but how many steps each output lies below the largest, so
    that a table of 256 exponentials has all of it.

    Args:
        form: What the output holds.
        quantization: Its scale and zero point.
    """

    def __init__(self, form: OutputForm, quantization: Quantization) -> None:
        self._zero_point = quantization.zero_point
        is_logits = form is OutputForm.LOGITS
        self._weights = [exp(-quantization.scale * steps) for steps in range(256)] if is_logits else None

    def __call__(self, stored: Sequence[int]) -> list[float]:
        """Return the probabilities; they sum to 1.

        Args:
            stored: A number for each label, -128..127.

        Returns:
            A probability for each label; equal ones where the output is 0 for all.
        """
        if self._weights is None:
            shares: list[float] = [each - self._zero_point for each in stored]
        else:
            largest = max(stored)
            shares = [self._weights[largest - each] for each in stored]
        total = sum(shares)
        return [share / total for share in shares] if total else [1 / len(shares)] * len(shares)
