"""Figures, thousands at once: rounded to six decimals, and their text, that of `repr`, put together from parts."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MILLION: Final = 1_000_000  # parts of 1 to which figures are rounded
_DOUBTFUL: Final = 1e-3  # nearer to the middle between two of them the product's own rounding could decide
_BEHIND: Final = _MILLION + 1  # the place of `.0`, the first text that stands behind another whole part than 0
_NONE: Final = _BEHIND + _MILLION
_TINY: Final = 100  # millionths; below, `repr` writes an exponent
_LISTED: Final = 10_000  # whole parts whose texts are held
_MOST: Final = 1e9  # below, a figure has 15 digits at most, and they are the shortest text that names it
_DIGITS: Final = 10 ** np.arange(5, -1, -1)

Texts = NDArray[np.bytes_]
"""Texts in which a zero byte, also one between others, stands for nothing."""


def rounded(cells: Sequence[Any] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Round figures to six decimals, exactly as Python's `round`, and without a negative zero; None is NaN."""
    figures = np.asarray(cells, np.float64)
    scaled = figures * _MILLION
    whole = np.rint(scaled)
    figures_rounded: NDArray[np.float64] = whole / _MILLION + 0.0
    doubtful = (np.abs(np.abs(scaled - whole) - 0.5) < _DOUBTFUL) | (np.abs(figures) > _MILLION)
    if doubtful.any():
        figures_rounded[doubtful] = [round(figure, 6) + 0.0 for figure in figures[doubtful].tolist()]
    return figures_rounded


class FigureTexts:
    """Makes the text of figures; those of the parts that it has met it holds, 20 MB at most."""

    def __init__(self) -> None:
        self._ends = np.zeros(_NONE + 1, "S8")  # 0.0, 0.000001 ... 1.0, then .0, .000001 ... .999999, and none
        self._known = np.zeros(len(self._ends), np.bool_)
        first = [*range(_TINY), _MILLION]
        self._ends[first] = [repr(place / _MILLION).encode() for place in first]
        self._known[[*first, _NONE]] = True
        self._wholes = np.arange(_LISTED).astype("S4")

    def decimal(self, figures: NDArray[np.float64]) -> Texts:
        """Return texts such as `0.25` of figures that `rounded` returned; NaN is empty."""
        none = np.isnan(figures)
        magnitudes = np.abs(np.where(none, 0.0, figures))
        if magnitudes.max(initial=0.0) >= _MOST:
            return _each_once(figures, repr)
        millionths = np.rint(magnitudes * _MILLION).astype(np.int64)
        negative = figures < 0
        if not (negative | (millionths > _MILLION)).any():
            return self._ended(np.where(none, _NONE, millionths))
        wholes, parts = np.divmod(millionths, _MILLION)
        ends = self._ended(np.where(none, _NONE, np.where(wholes > 0, _BEHIND + parts, parts)))
        begins = self.whole(np.where(wholes > 0, wholes, np.nan))
        signs = np.where(negative, b"-", b"")
        return _joined([signs, begins, ends])

    def whole(self, figures: NDArray[np.float64]) -> Texts:
        """Return texts such as `25` of whole numbers; NaN is empty."""
        none = np.isnan(figures)
        filled = np.where(none, 0.0, figures)
        if not ((filled >= 0) & (filled < _LISTED)).all():
            return _each_once(figures, lambda figure: str(int(figure)))
        texts = self._wholes[filled.astype(np.int64)]
        texts[none] = b""
        return texts

    def _ended(self, places: NDArray[np.int64]) -> Texts:
        new = np.unique(places[~self._known[places]])
        if len(new):
            digits = np.where(new < _BEHIND, new, new - _BEHIND)[:, None] // _DIGITS % 10
            texts = np.zeros((len(new), 8), np.uint8)
            texts[:, 0] = np.where(new < _BEHIND, ord("0"), 0)
            texts[:, 1] = ord(".")
            shown = np.maximum.accumulate(digits[:, ::-1] > 0, axis=1)[:, ::-1]
            shown[:, 0] = True
            texts[:, 2:] = np.where(shown, digits + ord("0"), 0)
            self._ends[new] = texts.view("S8")[:, 0]
            self._known[new] = True
        return self._ends[places]


def bytes_of(texts: Texts) -> NDArray[np.uint8]:
    """Return the bytes of texts, shape (texts, longest)."""
    return texts.view(np.uint8).reshape(len(texts), texts.itemsize)


def _joined(parts: Sequence[Texts]) -> Texts:
    joined = np.concatenate([bytes_of(part) for part in parts], axis=1)
    return joined.view(f"S{joined.shape[1]}")[:, 0]


def _each_once(figures: NDArray[np.float64], form: Callable[[float], str]) -> Texts:
    values, places = np.unique(figures, return_inverse=True)
    return np.array([b"" if value != value else form(value).encode() for value in values.tolist()], "S")[places]
