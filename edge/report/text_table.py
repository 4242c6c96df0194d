"""A table as text: all columns in a file, as many as fit on a terminal, the main ones in lines on a narrow one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from edge.report.cells import TEXT_COLUMNS, printable

MAIN: Final = ("Readable", "Score", "Percentile", "Emotion")  # what no terminal is too narrow for
OMITTED_FIRST: Final = (  # columns, in the order in which a narrow terminal omits them
    "Most fps",
    "Others",
    "Changes/min",
    "Windows",
    "Score SD",
    "Lost",
    "Change",
    "Purpose",
    "Gaps",
    "State",
    "Started (UTC)",
    "Reserved",
    "Balanced",
    "Expressive",
    "Length",
)
_BORDER: Final = 3  # columns of a terminal that a cell's border and padding take


def print_table(
    console: Console,
    rows: Sequence[Mapping[str, str]],
    *,
    main: Sequence[str] = MAIN,
    omitted_first: Sequence[str] = OMITTED_FIRST,
    texts: Sequence[str] = TEXT_COLUMNS,
) -> None:
    """Print rows of cells under their names; the first cell names its row.

    Args:
        console: Where to; other than on a terminal columns have any width and no lines.
        rows: At least one, each with the same names.
        main: The columns that stand below a row's name where they do not fit beside it.
        omitted_first: The columns that a terminal omits where it is too narrow, in this order.
        texts: The columns that are not numbers.
    """
    widths = {name: max(map(_width, [name, *(row[name] for row in rows)])) for name in rows[0]}
    if not console.is_terminal:
        for line in ({name: name for name in widths}, *rows):
            console.file.write(_line(line, widths, texts) + "\n")
        return
    left_out = []
    for name in omitted_first:
        if _fits(widths, console):
            break
        if widths.pop(name, None) is not None:
            left_out.append(name)
    if _fits(widths, console):
        with console.capture() as capture:
            console.print(_table(rows, list(widths), texts))
        console.file.write("".join(line.rstrip() + "\n" for line in capture.get().splitlines()))
    else:
        left_out += [name for name in list(widths)[1:] if name not in main]
        for row in rows:
            _stack(console, row, [name for name in main if name in list(row)[1:]])
    if left_out:
        console.print(f"A wider terminal shows more: {', '.join(left_out)}.")


def plain(text: str) -> Text:
    """Return text without markup, with a question mark for what is not printable."""
    return Text(printable(text))


def _fits(widths: Mapping[str, int], console: Console) -> bool:
    return sum(width + _BORDER for width in widths.values()) < console.width


def _stack(console: Console, row: Mapping[str, str], names: Iterable[str]) -> None:
    """A row's name, and below it some of its cells, as many on a line as fit."""
    console.print(plain(next(iter(row.values()))), style="bold")
    line = ""
    for cell in (f"  {name} {printable(row[name])}" for name in names):
        if line and cell_len(line + cell) > console.width:
            console.print(Text(line))
            line = ""
        line += cell
    console.print(Text(line))


def _line(row: Mapping[str, str], widths: Mapping[str, int], texts: Sequence[str]) -> str:
    """A row without lines, in columns of these widths; rich takes seconds for thousands of them."""
    cells = []
    for name, width in widths.items():
        cell = printable(row[name])
        space = " " * (width - _width(cell))
        cells.append(cell + space if name in texts else space + cell)
    return "  ".join(cells).rstrip()


def _width(cell: str) -> int:
    """The columns of a terminal that a cell takes."""
    return len(cell) if cell.isascii() and cell.isprintable() else cell_len(cell)


def _table(rows: Sequence[Mapping[str, str]], names: Sequence[str], texts: Sequence[str]) -> Table:
    table = Table(box=box.ROUNDED)
    for name in names:
        justify: JustifyMethod = "left" if name in texts else "right"
        table.add_column(name, justify=justify, no_wrap=name != "Session", overflow="fold")
    for row in rows:
        table.add_row(*(plain(row[name]) for name in names))
    return table
