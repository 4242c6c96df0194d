"""Reports as one JSON document: sessions, each with its summary and its windows."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, TextIO

from edge.core.sessions import JournalNotice, SessionRecord
from edge.core.summaries import Sealed, Summary, as_json, utc_text
from edge.report.reported import ReportedSession

_ENCODER: Final = json.JSONEncoder(allow_nan=False)  # `json.dumps` makes one for each call


def write_json(sessions: Iterable[ReportedSession], out: TextIO, notices: Iterable[JournalNotice] = ()) -> None:
    """Write `{"sessions": [{"id", ..., "summary", "windows": [...], "segments": [...]}, ...], "notices": [...]}`.

    Summaries are those of `as_json`, one a line. They are written while they are read, in constant memory.

    Args:
        sessions: What is reported.
        out: A text file.
        notices: Events of the journal.
    """
    out.write('{"sessions": [')
    for number, reported in enumerate(sessions):
        head = json.dumps(_session(reported.session), allow_nan=False)
        out.write(("," if number else "") + "\n" + head[:-1] + ',\n "summary": ' + _summary(reported.session.summary))
        out.write(',\n "windows": [')
        for place, window in enumerate(reported.windows):
            out.write(("," if place else "") + "\n  " + _summary(window))
        out.write('],\n "segments": [')
        out.write(",".join(f"\n  {_summary(segment)}" for segment in reported.segments))
        out.write("]}")
    kept = [{"noticed_at": utc_text(notice.noticed_at), "text": notice.text} for notice in notices]
    out.write('\n],\n "notices": ' + json.dumps(kept) + "}\n")


def _session(session: SessionRecord) -> dict[str, Any]:
    return {
        "id": session.id,
        "name": session.name,
        "state": session.state.value,
        "started_at": _date(session.started_at),
        "window_s": session.window_s,
        "windows_kept": session.windows,
        "summaries_sealed": session.sealed,
        "software": session.software,
        "source": session.source,
        "purpose": None if session.purpose is None else session.purpose.value,
        "boot_id": session.boot_id,
        "clock_synchronised": session.clock_synchronised,
        "ended_at": _date(session.ended_at),
        "recorded": session.recorded,
        "written_at": _date(session.written_at),
        "truncated": session.truncated,
        **asdict(session.labels),
    }


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _summary(summary: Summary | Sealed | None) -> str:
    return "null" if summary is None else _ENCODER.encode(as_json(summary))
