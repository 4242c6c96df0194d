"""Rounding of figures that may be absent."""


def rounded(figure: float | None, digits: int = 4) -> float | None:
    """Return `figure` rounded to so many decimals, or None where it is None."""
    return None if figure is None else round(figure, digits)
