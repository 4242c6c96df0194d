"""Which summaries of a sealed journal could not be opened or are missing, as text."""

from collections.abc import Iterator, Sequence
from itertools import count, groupby
from typing import Final

from edge.core.summaries import Kind, Sealed, Summary
from edge.journal.sealing.seal import AnotherKey, Broken

_CHANGED: Final = "changed since it was sealed"
_OTHER: Final = "sealed to another key, or changed"


class Unopened:
    """Collects the summaries that could not be opened or are missing, each once, however often it is read.

    Iterating yields a sentence for each session and reason.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[int, str, str], set[int]] = {}  # session's number and name, what is the matter
        self._sessions: dict[tuple[int, str], str] = {}  # sessions' own summaries

    def __bool__(self) -> bool:
        return bool(self._places or self._sessions)

    def add(self, session_id: int, sealed: Sealed, error: AnotherKey | Broken) -> None:
        """Add a sealed summary that could not be opened, with the reason."""
        why = _OTHER if isinstance(error, AnotherKey) else _CHANGED
        if sealed.kind is Kind.SESSION:
            self._sessions[session_id, sealed.session] = why
        else:
            self._places.setdefault((session_id, sealed.session, why), set()).add(sealed.sequence)

    def missing(self, session_id: int, before: Summary, windows: int) -> None:
        """Add windows that are missing right before another one, which does not count them as lost.

        Args:
            session_id: The session's number.
            before: The window that is there.
            windows: How many are missing; without effect if not positive.
        """
        if windows > 0:
            gone = range(before.sequence - windows, before.sequence)
            self._places.setdefault((session_id, before.session, "missing"), set()).update(gone)

    def __iter__(self) -> Iterator[str]:
        for (number, name), why in self._sessions.items():
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
