"""Figures by label, as columns: read from the JSON texts of some thousands of rows at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from types import ModuleType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from edge.core.summaries import NESTED
from edge.host.garbage import no_collection

_MEMBERS: Final = " || ',' || ".join(f"""'"{name}":' || {name}""" for name in NESTED)
SELECT_NESTED: Final = f"CAST('{{' || {_MEMBERS} || '}}' AS BLOB)"
"""The expression of a query on summaries whose value is a row of `in_labels`: one text, as bytes."""

Nested = (
    bytes | Mapping[str, Mapping[str, float] | None]
)  # of one summary: JSON of all fields of NESTED, or their values


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
        pick, none = itemgetter(*labels), (None,) * len(labels)
        try:
            rows = [none if one is None else pick(one) for one in mappings]
        except KeyError:  # some of them are from before there were all of these labels
            rows = [none if one is None else tuple(map(one.get, labels)) for one in mappings]
        figures = np.array(rows, np.float64).reshape(len(mappings), len(labels))
        return cls(known, dict(zip(labels, figures.T, strict=True)))

    def without_zeros(self) -> Self:
        """Return it without rows in which every figure is 0: so wrote earlier versions what was not measured."""
        known = np.zeros(len(self.known), np.bool_)
        for figures in self.of.values():
            known |= np.nan_to_num(figures) != 0
        return type(self)(known, {label: np.where(known, figures, np.nan) for label, figures in self.of.items()})


def in_labels(rows: Sequence[Nested], *, fast: bool) -> dict[str, Labelled]:
    """Return the fields of NESTED in columns.

    Args:
        rows: One for each summary.
        fast: Whether to read texts with the package pyarrow, where it is installed, in half the time; importing it
            costs as much as it saves in 20,000 rows.

    Raises:
        TypeError, ValueError: A text is damaged.
    """
    fields = _by_arrow(rows) if fast else None
    fields = fields or _by_python(rows)
    for name in ("emotions", "levels"):
        fields[name] = fields[name].without_zeros()
    return fields


def _by_python(rows: Sequence[Nested]) -> dict[str, Labelled]:
    with no_collection():
        texts = [row for row in rows if not isinstance(row, Mapping)]
        parsed = iter(json.loads(f"[{b','.join(texts).decode('utf-8', 'replace')}]"))  # all at once
        mappings = [row if isinstance(row, Mapping) else next(parsed) for row in rows]
        return {name: Labelled.from_mappings([one[name] for one in mappings]) for name in NESTED}


def _by_arrow(rows: Sequence[Nested]) -> dict[str, Labelled] | None:
    """The same; None where pyarrow is not installed, or reads something else than figures by label."""
    try:
        import pyarrow
        from pyarrow import json as reader
    except ImportError:
        return None
    texts = [row for row in rows if isinstance(row, bytes)]
    if len(texts) < len(rows):
        return None
    text = b"\n".join(texts)
    try:
        read = reader.read_json(pyarrow.BufferReader(text), reader.ReadOptions(block_size=len(text) + 1))
        fields = {name: _columns(pyarrow, read.column(name).combine_chunks()) for name in NESTED}
    except (pyarrow.ArrowException, LookupError, ValueError):
        return None
    return fields if read.num_rows == len(rows) else None


def _columns(pyarrow: ModuleType, read: Any) -> Labelled:
    if pyarrow.types.is_null(read.type):
        return Labelled(np.zeros(len(read), np.bool_), {})
    if not pyarrow.types.is_struct(read.type):
        raise ValueError(f"{read.type} in the place of figures by label")
    labels = [field.name for field in read.type]
    figures = (each.cast(pyarrow.float64()).to_numpy(zero_copy_only=False) for each in read.flatten())
    return Labelled(read.is_valid().to_numpy(zero_copy_only=False), dict(zip(labels, figures, strict=True)))
