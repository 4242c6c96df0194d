"""What a journal knows of one session, where it may be absent."""

from contextlib import suppress
from pathlib import Path

from edge.core.errors import EdgeError
from edge.host.boot import boot_id
from edge.journal.reading import JournalReader


def last_tick_s(session: str, journal: Path) -> float | None:
    """Return when the last window of a session ended, on the monotonic clock of this start of the machine.

    Args:
        session: The session's name.
        journal: The journal; it may be absent.

    Returns:
        Seconds; None where no window of this start is kept, or the journal cannot be read.
    """
    with suppress(EdgeError), JournalReader.open(journal) as reader:
        mine = [one.id for one in reader.sessions() if one.name == session and one.boot_id == boot_id()]
        return [None, *(window.ended_tick_s for window in reader.rows(mine[-1]))][-1] if mine else None
    return None


def has_session(session: str, journal: Path) -> bool:
    """Return whether a journal, which may be absent, has a session of a name.

    Raises:
        SourceNotFound: It cannot be read.
    """
    if not journal.exists():
        return False
    with JournalReader.open(journal) as reader:
        return reader.has_session(session)
