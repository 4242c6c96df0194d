"""Deleting what has become too old: during a run by a clock that is known to be right, or by hand."""

from datetime import UTC, datetime
from pathlib import Path

from edge.core.errors import CannotWrite, SourceNotFound
from edge.host.files.locks import is_locked
from edge.journal.deletion.files import delete_closed_lines, delete_damaged
from edge.journal.deletion.lines import count_lines, erase_all_lines
from edge.journal.deletion.rows import Rows
from edge.journal.deletion.types import Deleted
from edge.journal.deletion.verification import still_readable
from edge.journal.file.former import KEPT, forget_in_former, remove_former
from edge.journal.file.opening import OpenFile, existing_file
from edge.journal.schema import transaction
from edge.journal.store import Journal


def delete_expired(journal: Journal, before: datetime, now: datetime, lines: Path | None = None) -> Deleted:
    """Delete what was certainly kept before a date, from a journal that this process writes.

    Call it only while the clock is synchronised.

    Args:
        journal: The open journal; damaged ones that were put aside from it before the date are deleted too.
        before: What ended before this (UTC) is too old.
        now: The clock's date (UTC).
        lines: The session's file of JSON lines; those closed before the date are deleted beside it.

    Raises:
        CannotWrite: Something could not be deleted, or its bytes can still be read.
    """
    with journal.sound_file() as file:
        rows = Rows(file)
        rows.select_expired(before, now)
        deleted = rows.delete()
        _forget(file, deleted)
    remove_former(journal.path, now - KEPT)
    return Deleted(deleted.sessions, deleted.summaries, files=_files(journal.path, before, lines, dry_run=False))


def delete_by_hand(
    journal: Path,
    *,
    before: datetime | None = None,
    session: str | None = None,
    now: datetime | None = None,
    lines: Path | None = None,
    dry_run: bool = False,
) -> Deleted:
    """Delete what ended before a date and belongs to sessions of a name; SQLite's locks exclude a writer meanwhile.

    Args:
        journal: An existing journal.
        before: What ended before this (UTC); None stands for any date.
        session: Only of sessions of this name; None stands for all, and then whole files before the date go too:
            damaged journals that were put aside, and JSON lines that were closed.
        now: The date of a synchronised clock (UTC). With it, and without a name, dates count only as far as the order
            of the summaries proves them; without it they count as they are.
        lines: The file of JSON lines; a session that is named without a date is erased from it too.
        dry_run: Only report what would be deleted.

    Raises:
        CannotWrite: Bytes can still be read afterwards, or the session is being recorded.
        SourceNotFound: There is no such journal, or no session of that name.
    """
    named = lines if before is None and session is not None else None
    in_lines = 0 if named is None or session is None else count_lines(named, session)
    with existing_file(journal) as file:
        if session is not None:
            _refuse_absent_or_open(file, session, elsewhere=in_lines > 0)
        rows = Rows(file)
        if before is not None and now is not None and session is None:
            rows.select_expired(before, now)
        else:
            rows.select_dated(before, session)
        deleted = rows.selected if dry_run else rows.delete()
        if not dry_run:
            _forget(file, deleted)
        if not dry_run and not deleted.summaries and not file.checkpoint():
            raise still_readable(journal)  # perhaps: an earlier call may have raised this, and deleted the rows
    if named is not None and session is not None:
        return Deleted(deleted.sessions, deleted.summaries, in_lines if dry_run else _erased(named, session))
    if before is None or session is not None:
        return deleted
    return Deleted(deleted.sessions, deleted.summaries, files=_files(journal, before, lines, dry_run=dry_run))


def _forget(file: OpenFile, deleted: Deleted) -> None:
    if deleted.sessions or deleted.summaries:
        forget_in_former(file.connection, file.path)


def _files(journal: Path, before: datetime, lines: Path | None, *, dry_run: bool) -> tuple[Path, ...]:
    damaged = delete_damaged(journal, before, dry_run=dry_run)
    if lines is None:
        return damaged
    return damaged + delete_closed_lines(lines, before.astimezone(UTC).date(), dry_run=dry_run)


def _erased(lines: Path, session: str) -> int:
    erased, failed = erase_all_lines(lines, session)
    if failed:
        raise failed[0]
    return erased


def _refuse_absent_or_open(file: OpenFile, session: str, *, elsewhere: bool) -> None:
    """Mark a session that a killed program left open as interrupted."""
    execute = file.connection.execute
    states = {state for (state,) in execute("SELECT state FROM sessions WHERE name = ?", (session,))}
    if not states and not elsewhere:
        raise SourceNotFound(f"{file.path} has no session called {session}.", fix="See edge-report.")
    if "open" in states:
        if is_locked(file.path):
            raise CannotWrite(f"Session {session} is being recorded.", fix="End it first.")
        with transaction(file.connection):
            execute("UPDATE sessions SET state = 'interrupted' WHERE name = ? AND state = 'open'", (session,))
