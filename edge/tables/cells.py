"""Columns of cells, some thousands at once, and their text in CSV, without a call for each cell."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.summaries import utc_text
from edge.core.text import safe_cell
from edge.tables.columns import Type
from edge.tables.figures import FigureTexts, Texts, bytes_of, rounded


@dataclass(frozen=True, slots=True)
class Repeated:
    """Cells of which each stands several times, one after another."""

    values: Sequence[Any]
    counts: Sequence[int]

    @property
    def cells(self) -> list[Any]:
        """All of them."""
        return list(chain.from_iterable(map(repeat, self.values, self.counts)))


Cells = Repeated | Sequence[Any] | NDArray[Any]
"""One column; arrays are of numbers (float64) or of dates (datetime64). None, NaN, NaT: unknown, or not measured."""


class CsvCells:
    """Makes the text of cells in CSV as in RFC 4180; None is empty, truth is `true` or `false`."""

    def __init__(self) -> None:
        self._figures = FigureTexts()

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
            rows[:, at : at + each.itemsize] = bytes_of(each)
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
                return self._figures.decimal(rounded(cells))
            case Type.WHOLE:
                return self._figures.whole(np.asarray(cells, np.float64))
            case Type.DATE if isinstance(cells, np.ndarray):
                return _dates(cells)
            case _:
                known = {cell: _text(cell) for cell in set(cells)}
                return np.array([known[cell] for cell in cells], "S")


def _dates(dates: NDArray[np.datetime64]) -> Texts:
    texts = np.char.add(np.datetime_as_string(dates, unit="ms", casting="unsafe").astype("S"), b"Z")
    return np.where(np.isnat(dates), b"", texts)


def _text(cell: Any) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, bool):
        return b"true" if cell else b"false"
    out = io.StringIO(newline="")
    csv.writer(out).writerow([utc_text(cell) if isinstance(cell, datetime) else safe_cell(cell), ""])
    return out.getvalue().removesuffix(",\r\n").encode()
