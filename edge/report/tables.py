"""Reports as CSV, in which no text is a formula of a spreadsheet."""

import csv
from collections.abc import Iterable
from typing import Any, TextIO

from edge.report.rows import COLUMNS, ReportedSession, rows


def write_csv(sessions: Iterable[ReportedSession], out: TextIO) -> None:
    """Write a line of names and one for each session and window, as in RFC 4180.

    Args:
        sessions: What is reported.
        out: Opened with newline="".
    """
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for row in rows(sessions):
        lines.writerow([safe_cell(row[name]) for name in COLUMNS])


def safe_cell(cell: Any) -> Any:
    """Return a cell; text that begins with = + - @ tab or CR gets an apostrophe in front (OWASP ASVS 5.0, 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
