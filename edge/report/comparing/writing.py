"""Comparisons as text, as CSV and as a picture."""

import csv
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final, TextIO

from edge.core.text import safe_cell
from edge.report.cells import printable
from edge.report.comparing.bootstrap import Estimate
from edge.report.comparing.comparison import Compared

CAUTION: Final = (
    "Differences say how faces looked to a network. They are no ground on which to decide about a person, and the "
    "intervals know nothing of light, camera and posture, which differ between sessions too."
)
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
    """Write a row for each figure of each group, with empty cells where there is no interval."""
    lines = csv.writer(out)
    lines.writerow(_HEAD)
    for each in compared:
        apart = each.difference
        lines.writerow(
            [
                *(each.figure, safe_cell(each.group), each.count, each.value.mean, each.value.low, each.value.high),
                *((None,) * 3 if apart is None else (apart.mean, apart.low, apart.high)),
            ]
        )


def write_comparison_picture(compared: Sequence[Compared], out: TextIO) -> None:
    """Write an SVG: for each figure a row for each group, with its mean as a dot and its interval as a line."""
    parts, top = [], 10
    for figure, rows in groupby(compared, key=lambda one: one.figure):
        shown = list(rows)
        ends = [end for each in shown for end in (each.value.mean, each.value.low, each.value.high) if end is not None]
        low, high = min([0.0, *ends]), max([0.0, *ends, 1e-9])
        top += 22
        parts.append(f'<text x="4" y="{top - 6}" font-weight="bold">{escape(figure)}</text>')
        for each in shown:
            parts.append(_row(each, top, low, high))
            top += _ROW_PX
    width = _LEFT_PX + _WIDTH_PX + _RIGHT_PX
    out.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + 10}" font-family="sans-serif" '
        f'font-size="12" fill="#222"><rect width="{width}" height="{top + 10}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


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
    figure = f'<text x="{_LEFT_PX + _WIDTH_PX + 8}" y="{middle + 4}">{_text(each.value)}</text>'
    return f"{name}{zero}{line}{dot}{figure}"


def _text(value: Estimate, sign: str = "") -> str:
    if value.low is None or value.high is None:
        return f"{value.mean:{sign}.2f}"
    return f"{value.mean:{sign}.2f} ({value.low:{sign}.2f} to {value.high:{sign}.2f})"
