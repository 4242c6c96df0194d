"""Deletion of what is kept of sessions, and the proof that the bytes are gone; the only way to both.

By age while a session is recorded (`delete_expired`, or without a right clock `delete_by_uptime`), by hand
(`delete_by_hand`), and one session wherever it was kept (`delete_session`); `is_kept` looks for what is left of it. The
other modules of this folder are private to it.
"""

from edge.journal.deletion.by_date import delete_by_hand, delete_expired
from edge.journal.deletion.by_session import delete_session, is_kept
from edge.journal.deletion.by_uptime import delete_by_uptime
from edge.journal.deletion.types import Deleted

__all__ = ["Deleted", "delete_by_hand", "delete_by_uptime", "delete_expired", "delete_session", "is_kept"]
