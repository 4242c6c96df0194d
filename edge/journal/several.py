"""Several journals, read as one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.core.sessions import EVERY, Chosen, JournalNotice, SessionRecord
from edge.core.summaries import Kind, Sealed, Summary
from edge.journal.file.opening import refuse_other_file
from edge.journal.reading import JournalReader
from edge.journal.sealing.seal import Keys

if TYPE_CHECKING:
    from edge.journal.columns import Columns


class Journals:
    """Reads one journal after another. Of several, sessions are numbered anew, so that each number is one session's."""

    def __init__(self, readers: Sequence[JournalReader]) -> None:
        self._readers = readers
        self._places: dict[int, tuple[JournalReader, int]] = {}  # by the number given here
        self._segmented = set[int]()  # numbers of sessions that have segments

    @classmethod
    @contextmanager
    def open(cls, paths: Sequence[Path]) -> Iterator[Self]:
        """Open journals for reading.

        Raises:
            SourceNotFound: One of them is absent, or cannot be read.
            BadConfiguration: One is another file.
        """
        with ExitStack() as stack:
            readers = []
            for path in paths:
                refuse_other_file(path)
                readers.append(stack.enter_context(JournalReader.open(path)))
            yield cls(readers)

    def unlock(self, keys: Keys) -> None:
        """Open sealed summaries with these keys from now on; raises as `JournalReader.unlock`."""
        for reader in self._readers:
            reader.unlock(keys)

    def count(self, chosen: Chosen = EVERY) -> int:
        """Return how many sessions `each_session` would yield."""
        return sum(reader.count(chosen) for reader in self._readers)

    def emotion_labels(self) -> list[str]:
        """Return every label of emotions in the summaries of sessions."""
        return list(dict.fromkeys(chain.from_iterable(reader.emotion_labels() for reader in self._readers)))

    def each_session(self, chosen: Chosen = EVERY, *, figures: bool = True) -> Iterator[SessionRecord]:
        """Yield the chosen sessions as `JournalReader.each_session`, journal by journal."""
        for reader in self._readers:
            for session in reader.each_session(chosen, figures=figures):
                number = session.id if len(self._readers) == 1 else len(self._places) + 1
                self._places[number] = (reader, session.id)
                if session.segments:
                    self._segmented.add(number)
                yield session if number == session.id else replace(session, id=number)

    def rows(self, session_id: int, kind: Kind = Kind.WINDOW) -> Iterator[Summary | Sealed]:
        """Yield windows or segments as `JournalReader.rows`, of a session that `each_session` has yielded."""
        if kind is Kind.SEGMENT and session_id not in self._segmented:
            return iter(())  # without a query: most sessions have none
        reader, number = self._places[session_id]
        return reader.rows(number, kind)

    def columns(self, sessions: Iterable[SessionRecord], kind: Kind) -> "Iterator[Columns]":
        """Yield summaries as `JournalReader.columns`, of sessions that `each_session` has yielded."""
        for reader, some in groupby(sessions, key=lambda session: self._places[session.id][0]):
            given = dict[int, SessionRecord]()
            for columns in reader.columns(self._own(some, given), kind):
                yield replace(columns, sessions=[(given[own.id], count) for own, count in columns.sessions])

    def _own(self, sessions: Iterable[SessionRecord], given: dict[int, SessionRecord]) -> Iterator[SessionRecord]:
        """Sessions under the numbers of their journal; `given` keeps them as they were given."""
        for session in sessions:
            number = self._places[session.id][1]
            given[number] = session
            yield session if number == session.id else replace(session, id=number)

    def notices(self) -> list[JournalNotice]:
        """Return what happened to the journals themselves."""
        return [notice for reader in self._readers for notice in reader.notices()]

    def unopened(self) -> list[str]:
        """Return what could not be opened or is missing, among the summaries read so far, as sentences."""
        return list(chain.from_iterable(reader.unopened for reader in self._readers))
