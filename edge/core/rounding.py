"""Rounding of figures for JSON."""

from math import isfinite


def rounded(figure: float | None, digits: int = 4) -> float | None:
    """Round a figure.

    Args:
        figure: A figure; an integer stays as it is.
        digits: How many decimals stay.

    Returns:
        The figure, never -0.0; None where it is None, infinite or not a number, which JSON has no form for.
    """
    if figure is None or isinstance(figure, int):
        return figure
    return round(figure, digits) + 0.0 if isfinite(figure) else None
