"""Deleting a session wherever it was kept: journal, journals put aside as damaged, JSON lines; and looking for it."""

from contextlib import suppress
from pathlib import Path

from edge.core.errors import EdgeError, SourceNotFound
from edge.journal.deletion.by_date import delete_by_hand
from edge.journal.deletion.files import delete_damaged
from edge.journal.deletion.lines import erase_all_lines, has_lines
from edge.journal.deletion.types import Deleted
from edge.journal.file.damage import aside
from edge.journal.file.former import in_former, remove_former_with
from edge.journal.one_session import has_session


def delete_session(session: str, journal: Path, lines: Path | None) -> Deleted:
    """Delete everything that is kept of a session.

    Damaged journals that were put aside are deleted whole, for their content is not known. What cannot be deleted in
    one place keeps nothing from being deleted in the others.

    Args:
        session: Its name; one of which nothing is kept is no error.
        journal: The journal; it may be absent.
        lines: The file of JSON lines, with those that were closed beside it.

    Raises:
        CannotWrite: Some of it can still be read.
    """
    failed: list[EdgeError] = []
    sessions = summaries = erased = 0
    damaged: tuple[Path, ...] = ()
    try:
        with suppress(SourceNotFound):
            deleted = delete_by_hand(journal, session=session)
            sessions, summaries = deleted.sessions, deleted.summaries
    except EdgeError as error:
        failed.append(error)
    try:
        remove_former_with(session, journal)  # deleted from it with the journal's, unless it was interrupted there
        damaged = delete_damaged(journal)
    except EdgeError as error:
        failed.append(error)
    if lines is not None:
        erased, refused = erase_all_lines(lines, session)
        failed += refused
    if failed:
        raise failed[0]
    return Deleted(sessions, summaries, erased, damaged)


def is_kept(session: str, journal: Path | None, lines: Path | None) -> bool:
    """Return whether something of a session is kept, or might be: nothing is known of journals that are damaged.

    Args:
        session: Its name.
        journal: The journal; it may be absent.
        lines: The file of JSON lines, with those that were closed beside it.

    Raises:
        SourceNotFound: The journal cannot be read.
        CannotWrite: The JSON lines cannot be read.
    """
    if journal is not None and (aside(journal) or in_former(session, journal) or has_session(session, journal)):
        return True
    return lines is not None and has_lines(lines, session)
