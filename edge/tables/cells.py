"""Columns of cells, some thousands at once: rounding them, and their text in CSV, without a call for each cell."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.core.summaries import utc_text
from edge.core.text import safe_cell
from edge.tables.columns import Type

_MILLION: Final = 1_000_000  # parts of 1 to which figures are rounded
_NONE: Final = _MILLION + 1
_DOUBTFUL: Final = 1e-3  # nearer to the middle between two of them the product's own rounding could decide

Texts = NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Cells of which each stands several times, one after another."""

    values: Sequence[Any]
    counts: Sequence[int]

    @property
    def cells(self) -> list[Any]:
        """All of them."""
        return list(chain.from_iterable(map(repeat, self.values, self.counts)))


Cells = Repeated | Sequence[Any] | NDArray[np.float64]
"""One column. None, and NaN in an array: unknown, or not measured."""


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


class CsvCells:
    """Makes the text of cells in CSV as in RFC 4180; None is empty, truth is `true` or `false`."""

    def __init__(self) -> None:
        self._shares = np.zeros(_MILLION + 2, "S8")  # the texts of 0.0, 0.000001 ... 1.0, once they were needed
        self._known = np.zeros(_MILLION + 2, np.bool_)
        self._known[_NONE] = True

    def lines(self, types: Sequence[Type], columns: Sequence[Cells]) -> str:
        """Return one line for each row.

        Args:
            types: What each column holds.
            columns: As many, all of the same length.
        """
        texts = [self._texts(type, cells) for type, cells in zip(types, columns, strict=True)]
        rows = np.zeros((len(texts[0]), sum(each.itemsize + 1 for each in texts) + 1), np.uint8)
        at = 0
        for each in texts:
            rows[:, at : at + each.itemsize] = each.view(np.uint8).reshape(len(each), each.itemsize)
            at += each.itemsize + 1
            rows[:, at - 1] = ord(",")
        rows[:, at - 1 : at + 1] = (ord("\r"), ord("\n"))
        lines: bytes = rows[rows != 0].tobytes()  # texts that are shorter than the column end with zeros
        return lines.decode()

    def _texts(self, type: Type, cells: Cells) -> Texts:
        if isinstance(cells, Repeated):
            return np.repeat(self._texts(type, cells.values), cells.counts)
        match type:
            case Type.NUMBER:
                return self._numbers(rounded(cells))
            case Type.WHOLE:
                return _each_once(np.asarray(cells, np.float64))
            case _:
                known = {cell: _text(cell) for cell in set(cells)}
                return np.array([known[cell] for cell in cells], "S")

    def _numbers(self, figures: NDArray[np.float64]) -> Texts:
        none = np.isnan(figures)
        if not (none | ((figures >= 0) & (figures <= 1))).all():
            return _each_once(figures, repr)
        places = np.where(none, _NONE, np.rint(figures * _MILLION)).astype(np.int64)
        if new := sorted({*places[~self._known[places]].tolist()}):
            self._shares[new] = [repr(place / _MILLION) for place in new]
            self._known[new] = True
        return self._shares[places]


def _each_once(figures: NDArray[np.float64], form: Any = lambda figure: str(int(figure))) -> Texts:
    values, places = np.unique(figures, return_inverse=True)
    return np.array(["" if value != value else form(value) for value in values.tolist()], "S")[places]


def _text(cell: Any) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, bool):
        return b"true" if cell else b"false"
    out = io.StringIO(newline="")
    csv.writer(out).writerow([utc_text(cell) if isinstance(cell, datetime) else safe_cell(cell), ""])
    return out.getvalue().removesuffix(",\r\n").encode()
