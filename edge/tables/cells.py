"""Columns of cells, some thousands at once, and their text in CSV, without a call for each cell."""

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
from edge.tables.figures import FigureTexts, Texts, bytes_of, rounded

_IN_CACHE: Final = 512  # rows that are put together at once: with more it takes twice the time


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
        ends = np.cumsum([text.itemsize + 1 for text in texts])  # of each cell in a row, behind its comma
        empty = np.zeros((_IN_CACHE, ends[-1] + 1), np.uint8)
        empty[:, ends - 1] = ord(",")
        empty[:, -2:] = (ord("\r"), ord("\n"))
        lines = []
        for first in range(0, len(texts[0]), _IN_CACHE):
            rows = empty[: len(texts[0]) - first]
            for text, end in zip(texts, ends, strict=True):
                rows[:, end - 1 - text.itemsize : end - 1] = bytes_of(text[first : first + _IN_CACHE])
            lines.append(rows[rows != 0].tobytes())  # texts that are shorter than the column end with zeros
        return b"".join(lines).decode()

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
