"""Queries of the chosen sessions of a journal."""

from edge.core.sessions import Chosen
from edge.core.summaries import utc_text


class Query:
    """The queries for sessions.

    Args:
        chosen: Which sessions.

    Attributes:
        values: What the queries are executed with.
        sessions: The rows of sessions in order, with how many `windows`, `segments` and `sealed` summaries each has.
        own_summaries: The rows of their own summaries in the same order, without sealed ones.
        own_ticks: The same with `started_tick_s` alone.
        count: How many sessions there are.
    """

    def __init__(self, chosen: Chosen) -> None:
        since = None if chosen.since is None else utc_text(chosen.since, "microseconds")
        given = {"name": chosen.name, "participant": chosen.participant, "since": since}
        compared = {"name": "name = :name", "participant": "participant = :participant"}
        compared["since"] = "coalesce(started_at, written_at) >= :since"
        self.values = {name: value for name, value in given.items() if value is not None}
        condition = " AND ".join(["1", *(compared[name] for name in self.values)])
        self.count = f"SELECT count(*) FROM sessions WHERE {condition}"
        self.sessions = f"""SELECT *, {_count("window")} AS windows, {_count("segment")} AS segments,
        (SELECT count(*) FROM sealed_summaries WHERE session_id = sessions.id) AS sealed
        FROM sessions WHERE {condition} ORDER BY id"""
        own = f"""FROM summaries
        WHERE kind = 'session' AND session_id IN (SELECT id FROM sessions WHERE {condition}) ORDER BY session_id"""
        self.own_summaries = f"SELECT *, (SELECT name FROM sessions WHERE id = session_id) AS session {own}"
        self.own_ticks = f"SELECT session_id, started_tick_s {own}"


def _count(kind: str) -> str:
    """How many summaries of a kind a session has, sealed or not."""
    of = f"WHERE session_id = sessions.id AND kind = '{kind}'"
    return f"(SELECT count(*) FROM summaries {of}) + (SELECT count(*) FROM sealed_summaries {of})"
