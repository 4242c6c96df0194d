"""Purging a journal by hand: by date or by session, also while a program writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from edge.core.errors import CannotWrite, SourceNotFound
from edge.host.locks import is_locked
from edge.host.private_files import cannot_write
from edge.journal.deletion.retention import Purged, Retention, checkpoint, purge_aside, still_readable
from edge.journal.opening import OpenFile, check_place
from edge.journal.schema import transaction
from edge.journal.sqlite_errors import writing_errors


class Purging:
    """An existing journal from which summaries are deleted. SQLite's locks keep it and a writer apart."""

    def __init__(self, path: Path, file: OpenFile) -> None:
        self._path, self._file = path, file

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["Purging"]:
        """Lend an existing journal; raises SourceNotFound where there is none, and CannotWrite."""
        check_place(path)
        with writing_errors(path):
            try:
                file = OpenFile(path, create=False)
            except FileNotFoundError as error:
                raise SourceNotFound(f"There is no journal at {path}.", fix="Name the file where it is.") from error
            except OSError as error:
                raise cannot_write(path, error) from error
            try:
                yield cls(path, file)
            finally:
                file.close()

    def purge(
        self, before: datetime | None, session: str | None, *, now: datetime | None = None, dry_run: bool = False
    ) -> Purged:
        """Delete what ended before a date and belongs to sessions of a name; None stands for any.

        Dates are believed as they are reported; with `now`, what a synchronised clock says, and without a name, only
        as far as order proves them, as in `Retention.expired`. Damaged journals that were put aside before the date go
        too. Raises CannotWrite, also where the bytes can still be read afterwards or the session is being recorded;
        SourceNotFound where no session has the name.
        """
        with writing_errors(self._path):
            if session is not None:
                self._refuse_absent_or_open(session)
            retention = Retention(self._file.connection, self._path, self._file.descriptor)
            if before is not None and now is not None and session is None:
                retention.expired(before, now)
            else:
                retention.dated(before, session)
            purged = retention.chosen if dry_run else retention.delete()
            if not dry_run and not purged.summaries and not checkpoint(self._file.connection):
                raise still_readable(self._path)  # perhaps: an earlier purge may have said so, and deleted the rows
        try:
            old = () if before is None or session is not None else purge_aside(self._path, before, dry_run=dry_run)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        return Purged(purged.sessions, purged.summaries, old)

    def _refuse_absent_or_open(self, session: str) -> None:
        ask = self._file.connection.execute
        states = {state for (state,) in ask("SELECT state FROM sessions WHERE name = ?", (session,))}
        if not states:
            raise SourceNotFound(f"{self._path} has no session called {session}.", fix="See edge-report.")
        if "open" in states:
            if is_locked(self._path):
                raise CannotWrite(f"Session {session} is being recorded.", fix="End it first.")
            with transaction(self._file.connection):
                ask("UPDATE sessions SET state = 'interrupted' WHERE name = ? AND state = 'open'", (session,))
