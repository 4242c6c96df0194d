"""Tables as Parquet."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import BadConfiguration
from edge.tables.cells import Cells, Repeated
from edge.tables.columns import SCHEMA_VERSION, Column, Table, Type
from edge.tables.figures import rounded

_AT_ONCE: Final = 10_000  # rows that are held in memory


class Rows(Protocol):
    """Takes rows of a table."""

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows; cells in the order of the columns."""
        ...

    def write_cells(self, cells: Iterable[Sequence[Cells]]) -> None:
        """Write columns of cells, of some thousands of rows at once; figures are rounded to six decimals."""
        ...


class _ParquetRows:
    def __init__(self, columns: Sequence[Column], schema: Any, writer: Any, arrow: Any) -> None:
        self._columns, self._schema, self._writer, self._arrow = columns, schema, writer, arrow

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, some thousands at once."""
        rows = iter(rows)
        while some := list(islice(rows, _AT_ONCE)):
            cells = [
                self._arrow.array(list(column), field.type)
                for column, field in zip(zip(*some, strict=True), self._schema, strict=True)
            ]
            self._writer.write_batch(self._arrow.RecordBatch.from_arrays(cells, schema=self._schema))

    def write_cells(self, cells: Iterable[Sequence[Cells]]) -> None:
        """Write columns of cells, each some as a group of rows."""
        for some in cells:
            types = [column.type for column in self._columns]
            arrays = [self._array(*each) for each in zip(some, types, self._schema.types, strict=True)]
            self._writer.write_batch(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _array(self, cells: Cells, type: Type, kind: Any) -> Any:
        """Arrow's array of cells, from its memory: `pyarrow.array` imports pandas where there is one, for a second."""
        if isinstance(cells, Repeated):
            places = np.repeat(np.arange(len(cells.values)), cells.counts)
            return self._array(cells.values, type, kind).take(self._of_memory(places, None, self._arrow.int64()))
        if type is Type.TEXT:
            return self._texts(cells)
        if type is Type.DATE:
            dates = np.asarray(cells, "M8[us]")
            return self._of_memory(dates.view(np.int64), ~np.isnat(dates), kind)
        figures = rounded(cells) if type is Type.NUMBER else np.asarray(cells, np.float64)
        known = ~np.isnan(figures)  # NaN: not measured
        if type is Type.TRUTH:
            return self._of_memory(np.packbits(figures == 1, bitorder="little"), known, kind)
        if type is Type.WHOLE:
            figures = np.where(known, figures, 0).astype(np.int64)
        return self._of_memory(figures, known, kind)

    def _texts(self, cells: Sequence[Any] | NDArray[Any]) -> Any:
        """An array of texts; a text is UTF-8."""
        texts = [b"" if cell is None else str(cell).encode() for cell in cells]
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
        known = np.array([cell is not None for cell in cells])
        return self._of_memory(ends, known, self._arrow.string(), b"".join(texts))

    def _of_memory(self, values: NDArray[Any], known: NDArray[np.bool_] | None, kind: Any, *more: bytes) -> Any:
        """An array whose buffers are which cells are known, the values, and for texts these."""
        count = len(values) if known is None else len(known)
        bits = None if known is None else self._arrow.py_buffer(np.packbits(known, bitorder="little"))
        held = (np.ascontiguousarray(values), *more)
        return self._arrow.Array.from_buffers(kind, count, [bits, *map(self._arrow.py_buffer, held)])


@contextmanager
def opened_parquet(table: Table, out: IO[bytes]) -> Iterator[Rows]:
    """Write a table to a binary stream; it is complete when the block ends.

    Raises:
        BadConfiguration: The package pyarrow is not installed.
    """
    arrow, parquet = _libraries()
    kinds = {
        Type.TEXT: arrow.string(),
        Type.WHOLE: arrow.int64(),
        Type.NUMBER: arrow.float64(),
        Type.TRUTH: arrow.bool_(),
        Type.DATE: arrow.timestamp("us", tz="UTC"),
    }
    schema = arrow.schema(
        [arrow.field(one.name, kinds[one.type], metadata={"meaning": one.meaning}) for one in table.columns],
        metadata={"edge_table": table.name, "edge_schema_version": str(SCHEMA_VERSION)},
    )
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        yield _ParquetRows(table.columns, schema, writer, arrow)


def need_parquet() -> None:
    """Raise BadConfiguration where Parquet cannot be written, before any work is done for it."""
    _libraries()


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise BadConfiguration(
            "Parquet needs the package pyarrow, which is not installed.",
            fix="Run `uv sync --locked --extra tables`, or write CSV.",
        ) from error
    return pyarrow, parquet
