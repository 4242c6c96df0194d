"""Pages of a report that is too large for one: which sessions are on each, and how they are linked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from edge.core.sessions import SessionRecord


@dataclass(frozen=True, slots=True)
class Page:
    """A page of sessions, as the index shows it."""

    number: int  # from 1
    first: int  # its first session, from 1
    count: int
    began: str  # the first and the last date among its sessions, UTC; `-` is unknown
    ended: str
    states: str

    @classmethod
    def of(cls, number: int, first: int, sessions: Sequence[SessionRecord]) -> Self:
        """Return the page of some sessions."""
        dates = sorted(f"{one.started_at:%Y-%m-%d}" for one in sessions if one.started_at is not None) or ["-"]
        states = Counter(one.state.value for one in sessions)
        said = ", ".join(f"{count} {state}" for state, count in states.items())
        return cls(number, first, len(sessions), dates[0], dates[-1], said)

    @property
    def file(self) -> str:
        """The name of its file."""
        return file_of(self.number)

    @property
    def cells(self) -> dict[str, str]:
        """Its row in the index, by the names of the columns."""
        last = self.first + self.count - 1
        named = {"Sessions": f"{self.first:,} to {last:,}", "From": self.began, "To": self.ended}
        return named | {"State": self.states}


def file_of(number: int) -> str:
    """Return the name of a page's file; a listing has them in their order."""
    return f"sessions-{number:05}.html"


def links(number: int, pages: int) -> dict[str, str]:
    """Return what a page leads to: what each other page is called, and its file."""
    found = {"All pages": "index.html"}
    if number > 1:
        found["Previous"] = file_of(number - 1)
    if number < pages:
        found["Next"] = file_of(number + 1)
    return found
