"""Reports as CSV, in which no text is a formula of a spreadsheet."""

import csv
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from edge.report.rows import COLUMNS


def write_csv(rows: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Write a line of names and one for each row, as in RFC 4180.

    Args:
        rows: Of sessions or of windows, with a cell for each of COLUMNS.
        out: Opened with newline="".
    """
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for row in rows:
        lines.writerow([safe_cell(row[name]) for name in COLUMNS])


def safe_cell(cell: Any) -> Any:
    """Return a cell; text that begins with = + - @ tab or CR gets an apostrophe in front (OWASP ASVS 5.0, 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
