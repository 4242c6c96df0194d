"""Tables as CSV that pandas, polars, R and spreadsheets read, and in which no text is a formula of a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TextIO

from edge.core.summaries import utc_text
from edge.core.text import safe_cell
from edge.tables.cells import Cells, CsvCells
from edge.tables.columns import Column, Type

_AS_THEY_ARE: Final = (Type.NUMBER, Type.WHOLE)


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]], out: TextIO, *, head: bool = True) -> None:
    """Write a line of names and one for each row, as in RFC 4180; None is empty, truth is `true` or `false`.

    Args:
        columns: The table's.
        rows: Cells in their order.
        out: Opened with newline="".
        head: Whether to write the names.
    """
    lines = csv.writer(out)
    if head:
        lines.writerow([column.name for column in columns])
    others = [place for place, column in enumerate(columns) if column.type not in _AS_THEY_ARE]
    for row in rows:
        cells = list(row)
        for place in others:
            if cells[place] is not None:
                cells[place] = _text(cells[place])
        lines.writerow(cells)


def _text(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return utc_text(cell) if isinstance(cell, datetime) else safe_cell(cell)


def write_csv_cells(
    columns: Sequence[Column], cells: Iterable[Sequence[Cells]], out: TextIO, *, head: bool = True
) -> None:
    """Write the same as `write_csv`, with figures rounded to six decimals, from columns of some thousands of rows.

    Args:
        columns: The table's.
        cells: Those of each column, again and again.
        out: Opened with newline="".
        head: Whether to write the names.
    """
    write_csv(columns, (), out, head=head)
    text, types = CsvCells(), [column.type for column in columns]
    for some in cells:
        out.write(text.lines(types, some))
