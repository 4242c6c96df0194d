"""What of a sealed journal could not be opened, or is missing, in words for a person."""

from collections.abc import Iterator, Sequence
from itertools import count, groupby
from typing import Final

from edge.core.summaries import Kind, Sealed, Summary
from edge.journal.sealing.seal import AnotherKey, Broken

_CHANGED: Final = "changed since it was sealed"
_OTHER: Final = "sealed to another key, or changed"


class Unopened:
    """Remembers places in sessions, each once, however often it is read."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, str, str], set[int]] = {}  # session's number and name, what is the matter
        self._wholes: dict[tuple[int, str], str] = {}  # sessions' own summaries

    def __bool__(self) -> bool:
        return bool(self._places or self._wholes)

    def add(self, session_id: int, sealed: Sealed, error: AnotherKey | Broken) -> None:
        """A sealed summary that did not open, and why."""
        why = _OTHER if isinstance(error, AnotherKey) else _CHANGED
        if sealed.kind is Kind.SESSION:
            self._wholes[session_id, sealed.session] = why
        else:
            self._places.setdefault((session_id, sealed.session, why), set()).add(sealed.sequence)

    def missing(self, session_id: int, before: Summary, windows: int) -> None:
        """So many windows right before one are not there, and it does not say that they were lost."""
        if windows > 0:
            gone = range(before.sequence - windows, before.sequence)
            self._places.setdefault((session_id, before.session, "missing"), set()).update(gone)

    def __iter__(self) -> Iterator[str]:
        for (number, name), why in self._wholes.items():
            yield f"Session {name} (number {number}): its summary is {why}."
        for (number, name, why), places in self._places.items():
            yield f"Session {name} (number {number}): {_ranges(sorted(places))} {why}."


def _ranges(numbers: Sequence[int]) -> str:
    """`window 3 is`, or `windows 0 to 4, 7 are`."""
    if len(numbers) == 1:
        return f"window {numbers[0]} is"
    counted = count()
    runs = [list(run) for _, run in groupby(numbers, key=lambda number: number - next(counted))]
    return f"windows {', '.join(str(run[0]) if len(run) == 1 else f'{run[0]} to {run[-1]}' for run in runs)} are"
