"""The table of frames as a consumer of a session's events."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from edge.core.sessions import StudyLabels
from edge.run.events import FrameRead, SessionEvent
from edge.tables.files import opened_table
from edge.tables.frames import frame_row, frame_table
from edge.tables.parquet import Rows
from edge.tables.pyfeat import PYFEAT_PLACES, pyfeat_frames

_AT_ONCE: Final = 1000  # rows that wait in memory


class FrameTable:
    """Writes a row for each frame of one session; use `opened_frame_table`, which has the arguments."""

    def __init__(
        self,
        rows: Rows,
        session: str,
        source: str,
        labels: StudyLabels,
        others: Sequence[str],
        places: Sequence[int] | None,
        *,
        recorded: bool,
    ) -> None:
        self._rows, self._session, self._source, self._labels = rows, session, source, labels
        self._others, self._places = others, places
        self._origin_s = 0.0 if recorded else None
        self._waiting: list[list[Any]] = []
        self._count = 0

    def __call__(self, event: SessionEvent) -> None:
        """Consume one event."""
        if not isinstance(event, FrameRead):
            return
        seen = event.observation
        if self._origin_s is None:
            self._origin_s = seen.tick_s
        row = frame_row(seen, self._count, self._origin_s, self._session, self._source, self._labels, self._others)
        self._waiting.append(row if self._places is None else [row[place] for place in self._places])
        self._count += 1
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait."""
        self._rows.write(self._waiting)
        self._waiting.clear()


@contextmanager
def opened_frame_table(
    path: Path,
    session: str,
    source: str,
    labels: StudyLabels,
    others: Sequence[str] = (),
    *,
    recorded: bool,
    pyfeat: bool = False,
) -> Iterator[FrameTable]:
    """Open a table of frames; it takes its place at the end, also where the recording was cut short.

    Args:
        path: A file that ends in .csv or .parquet.
        session: The session's name.
        source: The source's name.
        labels: What the session is about.
        others: Labels of the emotion network that are not of EMOTIONS.
        recorded: Whether ticks are offsets in a recording.
        pyfeat: Whether the columns are those that py-feat has, under its names.

    Raises:
        UsageError, BadConfiguration, CannotWrite: As `opened_table`.
    """
    with ExitStack() as stack:
        rows = stack.enter_context(opened_table(path, pyfeat_frames() if pyfeat else frame_table(others)))
        places = PYFEAT_PLACES if pyfeat else None
        table = FrameTable(rows, session, source, labels, others, places, recorded=recorded)
        try:
            yield table
        finally:
            table.flush()
            stack.close()
