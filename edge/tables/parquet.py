"""Tables as Parquet."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any, Final, Protocol

import numpy as np

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
            arrays = [self._array(one, field.type) for one, field in zip(some, self._schema, strict=True)]
            self._writer.write_batch(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))

    def _array(self, cells: Cells, kind: Any) -> Any:
        if isinstance(cells, Repeated):
            return self._array(cells.values, kind).take(np.repeat(np.arange(len(cells.values)), cells.counts))
        if kind == self._arrow.float64():
            return self._arrow.array(rounded(cells), kind, from_pandas=True)
        return self._arrow.array(cells, kind, from_pandas=True)  # NaN: not measured


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
