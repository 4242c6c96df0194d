"""Files of tables: CSV or Parquet by their suffix, for their owner alone, and replaced once they are complete."""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from edge.core.errors import UsageError
from edge.host.files import atomic
from edge.host.files.private_files import cannot_write, make_folder
from edge.tables.cells import Cells
from edge.tables.columns import Column, Table
from edge.tables.parquet import Rows, need_parquet, opened_parquet
from edge.tables.text import write_csv, write_csv_cells

SUFFIXES: Final = (".csv", ".parquet")


class _CsvRows:
    def __init__(self, columns: Sequence[Column], out: TextIO) -> None:
        self._columns, self._out = columns, out
        write_csv(columns, (), out)

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows."""
        write_csv(self._columns, rows, self._out, head=False)

    def write_cells(self, cells: Iterable[Sequence[Cells]]) -> None:
        """Write columns of cells."""
        write_csv_cells(self._columns, cells, self._out, head=False)


def check_table_file(path: Path) -> None:
    """Raise what `opened_table` would raise for a file's name, before any work is done for it."""
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path} is no table's name.", fix="Let it end in .csv or .parquet.")
    if path.suffix == ".parquet":
        need_parquet()


@contextmanager
def opened_table(path: Path, table: Table) -> Iterator[Rows]:
    """Write a table to a file, which is there once the block ends well.

    Args:
        path: The file; its suffix is one of SUFFIXES.
        table: What it holds.

    Raises:
        UsageError: It has another suffix.
        BadConfiguration: It is Parquet, and the package pyarrow is not installed.
        CannotWrite: It cannot be written.
    """
    check_table_file(path)
    try:
        make_folder(path.parent)
        with atomic.replaced(path) as file:
            if path.suffix == ".parquet":
                with opened_parquet(table, file) as rows:
                    yield rows
            else:
                with io.TextIOWrapper(file, "utf-8", newline="") as text:
                    yield _CsvRows(table.columns, text)
    except BrokenPipeError:  # of standard output
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
