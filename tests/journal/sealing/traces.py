"""What a summary would leave behind where it was written in clear, and the search for it in every file there is."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Unreadable

LABELS = [*EMOTIONS, *(level.value for level in LEVELS), *(reason.value for reason in Unreadable)]
_TIMES = ("length_s", "started_tick_s", "ended_tick_s")


def traces(summaries: Iterable[Mapping[str, Any]]) -> set[bytes]:
    """Byte strings of summaries' JSON: every label, and every figure with six decimals as text and as a double.

    Rounding may change the last decimal, so it is left out; of a double, 20 bits of mantissa are enough to know it.
    Lengths and ticks may be read without a key, and are not looked for.
    """
    found = {f'"{label}"'.encode() for label in LABELS}
    for summary in summaries:
        for figure in _figures(summary):
            found |= {f"{before}{figure:.6f}"[:-1].encode() for before in " :,"}  # in a date, a digit stands before
            found.add(struct.pack(">d", figure)[:4])
    return found


def _figures(values: Mapping[str, Any]) -> Iterator[float]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _figures(value)
        elif isinstance(value, float) and name not in _TIMES and len(f"{value % 1:.6f}".rstrip("0")) >= 7:
            yield value  # five decimals or more: nothing else looks like it


def found_in(folder: Path, wanted: Iterable[bytes]) -> set[tuple[str, bytes]]:
    """Which of the byte strings are in which of the files below a folder."""
    kept = {place: place.read_bytes() for place in folder.rglob("*") if place.is_file() and not place.is_symlink()}
    assert kept, f"there is no file below {folder}"
    return {(place.name, trace) for place, text in kept.items() for trace in wanted if trace in text}
