"""Comparisons as text, as CSV and as a picture."""

import csv
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final, TextIO

from edge.core.rounding import rounded
from edge.core.text import safe_cell
from edge.report.cells import printable
from edge.report.comparing.bootstrap import Estimate
from edge.report.comparing.comparison import Compared

CAUTION: Final = (
    "Differences say how faces looked to a network. They are no ground on which to decide about a person, and the "
    "intervals know nothing of light, camera and posture, which differ between sessions too."
)
_LEGEND: Final = "The mean and, of five and more, its 95 % interval."
_ROW_PX, _LEFT_PX, _WIDTH_PX, _RIGHT_PX = 18, 190, 420, 150
_HEAD: Final = ["figure", "group", "count", "mean", "low", "high", "difference", "difference_low", "difference_high"]


def write_comparison_text(compared: Sequence[Compared], out: TextIO, remarks: Sequence[str] = ()) -> None:
    """Write a table for each figure, then the remarks and the caution."""
    wide = max((len(each.group) for each in compared), default=0)
    for figure, rows in groupby(compared, key=lambda one: one.figure):
        out.write(f"{figure}\n")
        for each in rows:
            apart = "" if each.difference is None else f"   difference {_text(each.difference, '+')}"
            out.write(f"  {printable(each.group):{wide}}  {_text(each.value)}{apart}   n {each.count}\n")
    out.writelines(f"{remark}\n" for remark in (*remarks, CAUTION))


def write_comparison_csv(compared: Sequence[Compared], out: TextIO) -> None:
    """Write a row for each figure of each group, with six decimals, and empty cells where there is no interval."""
    lines = csv.writer(out)
    lines.writerow(_HEAD)
    for each in compared:
        value, apart = each.value, each.difference
        figures = [value.mean, value.low, value.high]
        figures += [None] * 3 if apart is None else [apart.mean, apart.low, apart.high]
        lines.writerow([each.figure, safe_cell(each.group), each.count, *(rounded(one, 6) for one in figures)])


def write_comparison_picture(compared: Sequence[Compared], out: TextIO) -> None:
    """Write an SVG: for each figure a row for each group, with its mean as a dot and its interval as a line."""
    parts, top = [], 10
    for figure, rows in groupby(compared, key=lambda one: one.figure):
        shown = list(rows)
        low, high = _scale(figure, shown)
        top += 22
        parts.append(f'<text x="4" y="{top - 6}" font-weight="bold">{escape(figure)}</text>')
        for each in shown:
            parts.append(_row(each, top, low, high))
            top += _ROW_PX
        parts.append(_ends(top, low, high))
    top += 2 * _ROW_PX
    parts.append(f'<text x="4" y="{top}" fill="#666">{_LEGEND}</text>')
    width = _LEFT_PX + _WIDTH_PX + _RIGHT_PX
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + 10}" font-family="sans-serif" '
        f'font-size="12" fill="#222"><rect width="{width}" height="{top + 10}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _scale(figure: str, rows: Sequence[Compared]) -> tuple[float, float]:
    """The ends of a figure's scale: of shares and probabilities 0 and 1, of a score at least -1 and 1."""
    if not figure.startswith("score"):
        return 0.0, 1.0
    ends = [end for each in rows for end in (each.value.mean, each.value.low, each.value.high) if end is not None]
    return min(-1.0, *ends), max(1.0, *ends)


def _ends(bottom: int, low: float, high: float) -> str:
    """The line below a figure's rows, with the ends of its scale."""
    right = _LEFT_PX + _WIDTH_PX
    line = f'<path d="M{_LEFT_PX} {bottom}H{right}" stroke="#bbb"/>'
    words = f'fill="#888" font-size="10" y="{bottom + 11}"'
    ends = f'<text x="{_LEFT_PX}" {words} text-anchor="middle">{low:.2g}</text>'
    return f'{line}{ends}<text x="{right}" {words} text-anchor="middle">{high:.2g}</text>'


def _row(each: Compared, top: int, low: float, high: float) -> str:
    def x(value: float) -> str:
        return f"{_LEFT_PX + _WIDTH_PX * (value - low) / (high - low):.1f}"

    middle = top + _ROW_PX // 2
    name = f'<text x="12" y="{middle + 4}">{escape(printable(each.group)[:26])}</text>'
    zero = f'<path d="M{x(0.0)} {top}V{top + _ROW_PX}" stroke="#bbb"/>'
    line = ""
    if each.value.low is not None and each.value.high is not None:
        line = f'<path d="M{x(each.value.low)} {middle}H{x(each.value.high)}" stroke="#1b6ca8" stroke-width="2"/>'
    dot = f'<circle cx="{x(each.value.mean)}" cy="{middle}" r="4" fill="#1b6ca8"/>'
    figure = f'<text x="{_LEFT_PX + _WIDTH_PX + 14}" y="{middle + 4}">{_text(each.value)}</text>'
    return f"{name}{zero}{line}{dot}{figure}"


def _text(value: Estimate, sign: str = "") -> str:
    mean, low, high = (None if one is None else round(one, 2) + 0.0 for one in (value.mean, value.low, value.high))
    if low is None or high is None:
        return f"{mean:{sign}.2f}"
    return f"{mean:{sign}.2f} ({low:{sign}.2f} to {high:{sign}.2f})"
