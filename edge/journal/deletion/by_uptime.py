"""Deleting what has become too old by the machine's running time, while its clock is not synchronised."""

from datetime import timedelta
from pathlib import Path

from edge.host.boot import boot_id
from edge.journal.deletion.rows import Rows
from edge.journal.deletion.types import Deleted
from edge.journal.file.former import forget_in_former
from edge.journal.file.opening import existing_file
from edge.journal.store import Journal
from edge.journal.uptime import last_expired


def delete_by_uptime(journal: Journal | Path, retention: timedelta, tick_s: float, *, dry_run: bool = False) -> Deleted:
    """Delete summaries that were kept for longer than allowed, as far as running time proves it.

    Files of JSON lines and damaged journals stay: their dates alone say how old they are.

    Args:
        journal: The open journal that this process writes, or the file of one.
        retention: For how long summaries are kept.
        tick_s: Seconds on the monotonic clock of this start of the machine.
        dry_run: Only report what would be deleted.

    Raises:
        CannotWrite: Something could not be deleted, or its bytes can still be read.
        SourceNotFound: There is no such journal.
    """
    with journal.sound_file() if isinstance(journal, Journal) else existing_file(journal) as file:
        last = last_expired(file.connection, retention, boot_id(), tick_s)
        if last is None:
            return Deleted(0, 0)
        rows = Rows(file)
        rows.select_kept_until(last)
        if dry_run:
            return rows.selected
        deleted = rows.delete()
        forget_in_former(file.connection, file.path)
        return deleted
