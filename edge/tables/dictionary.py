"""The data dictionary docs/columns.md; `python -m edge.tables.dictionary` makes it anew."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.tables.columns import SCHEMA_VERSION, Column
from edge.tables.frames import FRAMES
from edge.tables.pyfeat import PYFEAT
from edge.tables.summaries import SEGMENTS, SESSIONS, WINDOWS

_BEGIN: Final = "<!-- made from edge/tables: begin -->"
_END: Final = "<!-- made from edge/tables: end -->"

_AS_PYFEAT: Final = """With `--dialect pyfeat` the table of frames has these columns only, under py-feat 0.6's names,
for programs that read its CSV. Action units and its 68 landmarks are not measured here and are absent. Angles are those
of this program, whose signs py-feat need not share; probabilities are of another network."""


def dictionary() -> str:
    """Return every table as Markdown: column, type and meaning."""
    one = "one row is " + "; ".join(f"in `{table.name}`: {table.row}" for table in (SESSIONS, WINDOWS, SEGMENTS))
    pyfeat = "\n".join(f"| `{ours}` | `{theirs}` |" for ours, theirs in PYFEAT.items())
    parts = [
        f"The version of the columns is {SCHEMA_VERSION}.",
        f"## sessions, windows, segments\n\nAll three have these columns; {one}.\n\n{_columns(WINDOWS.columns)}",
        f"## frames\n\nOne row is {FRAMES.row}.\n\n{_columns(FRAMES.columns)}",
        f"### As py-feat\n\n{_AS_PYFEAT}\n\n| column | in py-feat |\n| --- | --- |\n{pyfeat}",
    ]
    return "\n\n".join(parts)


def with_dictionary(page: str) -> str:
    """Return a page with the dictionary made anew between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{dictionary()}\n\n{_END}{rest.partition(_END)[2]}"


def _columns(columns: Sequence[Column]) -> str:
    rows = [f"| `{column.name}` | {column.type.value} | {column.meaning} |" for column in columns]
    return "\n".join(["| column | holds | meaning |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    place = Path("docs/columns.md")
    place.write_text(with_dictionary(place.read_text("utf-8")), "utf-8")
