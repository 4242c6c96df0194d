"""Figures by label, as columns: read from the JSON texts of some thousands of rows at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final, Self, cast

import numpy as np
from numpy.typing import NDArray

from edge.core.summaries import NESTED
from edge.host.garbage import no_collection

Cells = Sequence[bytes | Mapping[str, float] | None]
"""A field of NESTED in some summaries: its JSON, or its value."""

_FEW: Final = 4  # of so many cells or more that are alike one is read: of `gaps` and `unreadable` most are
_SEPARATED: Final = bytes.maketrans(b",}", b"::")  # so that labels and figures are the cells of one line of CSV


@dataclass(frozen=True, slots=True)
class Labelled:
    """A field of NESTED in many summaries.

    Attributes:
        known: Whether a summary has it; else it was not measured, or is sealed.
        of: The figures of each label; NaN where a summary has no such label.
    """

    known: NDArray[np.bool_]
    of: Mapping[str, NDArray[np.float64]]

    @classmethod
    def from_mappings(cls, mappings: Sequence[Mapping[str, float] | None]) -> Self:
        """Return the columns of mappings; raises TypeError or ValueError where a value is no figure."""
        labels = tuple(dict.fromkeys(chain.from_iterable(one for one in mappings if one)))
        known = np.array([one is not None for one in mappings])
        if not labels:
            return cls(known, {})
        pick, none = itemgetter(*labels, labels[0]), (None,) * (len(labels) + 1)  # of one label it would be no tuple
        try:
            rows = [none if one is None else pick(one) for one in mappings]
        except KeyError:  # some of them are from before there were all of these labels
            rows = [none if one is None else tuple(map(one.get, (*labels, labels[0]))) for one in mappings]
        figures = np.array(rows, np.float64)[:, :-1]
        return cls(known, dict(zip(labels, figures.T, strict=True)))

    def without_zeros(self) -> Self:
        """Return it without rows in which every figure is 0: so wrote earlier versions what was not measured."""
        known = np.zeros(len(self.known), np.bool_)
        for figures in self.of.values():
            known |= np.nan_to_num(figures) != 0
        return type(self)(known, {label: np.where(known, figures, np.nan) for label, figures in self.of.items()})

    def repeated(self, places: NDArray[np.intp]) -> Self:
        """Return the summaries at these places."""
        return type(self)(self.known[places], {label: figures[places] for label, figures in self.of.items()})


def in_labels(fields: Sequence[Cells], *, fast: bool) -> dict[str, Labelled]:
    """Return the fields of NESTED in columns.

    Args:
        fields: As many, all of the same length.
        fast: Whether to read texts with the package pyarrow, where it is installed, in a third of the time; importing
            it costs as much as it saves in some thousands of rows.

    Raises:
        TypeError, ValueError: A text is damaged.
    """
    with no_collection():
        found = {name: _labelled(cells, fast) for name, cells in zip(NESTED, fields, strict=True)}
    for name in ("emotions", "levels"):
        found[name] = found[name].without_zeros()
    return found


def _labelled(cells: Cells, fast: bool) -> Labelled:
    if set(map(type, cells)) != {bytes}:
        return _by_python(cells)
    texts = cast(Sequence[bytes], cells)
    distinct = list(set(texts))
    if len(distinct) * _FEW > len(texts):
        return (_by_arrow(texts) if fast else None) or _by_python(texts)
    places = {text: place for place, text in enumerate(distinct)}
    return _by_python(distinct).repeated(np.fromiter(map(places.__getitem__, texts), np.intp, len(texts)))


def _by_python(cells: Cells) -> Labelled:
    texts = [cell for cell in cells if isinstance(cell, bytes)]
    parsed = json.loads(f"[{b','.join(texts).decode('utf-8', 'replace')}]")  # all at once
    if len(parsed) != len(texts):
        raise ValueError("a text in it is several")
    each = iter(parsed)
    return Labelled.from_mappings([next(each) if isinstance(cell, bytes) else cell for cell in cells])


def _by_arrow(texts: Sequence[bytes]) -> Labelled | None:
    """The same; None where pyarrow is not installed, or not all of them have the same labels in the same order."""
    try:
        import pyarrow
        from pyarrow import csv
    except ImportError:
        return None
    known = [text for text in texts if text != b"null"]
    if not known:
        return None
    *cells, rest = known[0].translate(_SEPARATED).split(b":")
    labels, names = list(json.loads(known[0])), [str(place) for place in range(len(cells))]
    if rest or len(cells) != 2 * len(labels):
        return None
    kinds = [pyarrow.float64() if place % 2 else pyarrow.binary(len(cell)) for place, cell in enumerate(cells)]
    lines = b"\n".join(known).translate(_SEPARATED)
    try:
        read = csv.read_csv(
            pyarrow.BufferReader(lines),
            csv.ReadOptions(column_names=[*names, "rest"], block_size=len(lines) + 1),
            csv.ParseOptions(delimiter=":", quote_char=False),
            csv.ConvertOptions(
                column_types=dict(zip(names, kinds, strict=True)), include_columns=names, null_values=[]
            ),
        )
    except pyarrow.ArrowException:
        return None
    columns = [column.chunk(0) for column in read.columns]
    if read.num_rows != len(known) or any(map(_differ, columns[::2], cells[::2])):
        return None
    rows = np.array([text != b"null" for text in texts])
    of = {}
    for label, column in zip(labels, columns[1::2], strict=True):
        of[label] = np.full(len(texts), np.nan)
        of[label][rows] = np.frombuffer(column.buffers()[1])  # to_numpy would import pandas, for a second
    return Labelled(rows, of)


def _differ(column: Any, cell: bytes) -> bool:
    """Whether a column of texts as long as a cell has another one."""
    return bytes(column.buffers()[1]) != cell * len(column)
