"""A report as CSV: text that a spreadsheet would run as a formula is quoted, numbers stay numbers."""

import csv
from collections.abc import Iterable
from typing import Any, TextIO

from edge.report.rows import COLUMNS, ReportSession, rows


def write_csv(told: Iterable[ReportSession], out: TextIO) -> None:
    """A line of names and one for each session and window, after RFC 4180; `out` was opened with newline=""."""
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for row in rows(told):
        lines.writerow([safe_cell(row[name]) for name in COLUMNS])


def safe_cell(cell: Any) -> Any:
    """The cell, text that begins with = + - @ tab or CR after an apostrophe: OWASP ASVS 5.0, 1.2.10."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
