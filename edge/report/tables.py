"""Reports as CSV, in which no text is a formula of a spreadsheet."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from edge.report.rows import COLUMNS


def write_csv(rows: Iterable[Mapping[str, Any]], out: TextIO, columns: Sequence[str] = COLUMNS) -> None:
    """Write a line of names and one for each row, as in RFC 4180.

    Args:
        rows: Of sessions or of windows, with a cell for each of COLUMNS.
        out: Opened with newline="".
        columns: Names of the cells; one that a row lacks is empty.
    """
    lines = csv.writer(out)
    lines.writerow(map(safe_cell, columns))
    for row in rows:
        lines.writerow([safe_cell(row.get(name)) for name in columns])


def safe_cell(cell: Any) -> Any:
    """Return a cell; text that begins with = + - @ tab or CR gets an apostrophe in front (OWASP ASVS 5.0, 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
