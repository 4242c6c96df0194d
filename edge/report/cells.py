"""Cells of a report for display: the columns of the tables of sessions and windows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from edge.core.choices.purpose import Purpose
from edge.core.labels import LEVELS, percentile_of
from edge.core.sessions import NOT_SHIPPED, SessionRecord
from edge.core.summaries import Sealed, Summary

TEXT_COLUMNS: Final = (
    "Session",
    "Segment",
    "State",
    "Purpose",
    "Started (UTC)",
    "Emotion",
    "Gaps",
)  # the others are numbers
_OPTIONAL: Final = ("Purpose", "Emotion", "Change", "Gaps", "Lost", "Most fps")  # omitted where empty in all rows


def session_cells(session: SessionRecord) -> dict[str, str]:
    """Return a session's cells by the names of their columns; `-` is unknown."""
    state = session.state.value + (", cut short" if session.truncated else "")
    state += "" if session.shipped else NOT_SHIPPED
    about = {"Session": session.name, "State": state, "Windows": str(session.windows)}
    about |= {"Purpose": "" if session.purpose is None else session.purpose.value}
    figures = figure_cells(session.summary, session.purpose)
    if session.sealed_length_s is not None:
        figures["Length"] = duration(session.sealed_length_s)
    return about | figures | {"Started (UTC)": date(session.started_at)}


def figure_cells(summary: Summary | Sealed | None, purpose: Purpose | None) -> dict[str, str]:
    """Return the cells that sessions and windows have in common; `purpose` is the session's."""
    levels = {level.value.capitalize(): "-" for level in LEVELS}
    cells = {"Started (UTC)": "-", "Length": "-", "Readable": "-", **levels}
    cells |= {"Score": "-", "Score SD": "-", "Percentile": "-", "Changes/min": "-"}
    cells |= {"Emotion": "-" if purpose is None or purpose.reads_emotions else "", "Others": "-"}
    cells |= dict.fromkeys(("Change", "Gaps", "Lost", "Most fps"), "")
    if summary is None:
        return cells
    cells["Started (UTC)"] = date(summary.started_at)
    cells["Length"] = duration(summary.length_s)
    if isinstance(summary, Sealed):
        return cells
    cells["Gaps"] = ", ".join(f"{reason} {duration(time_s)}" for reason, time_s in summary.gaps.items() if time_s > 0)
    cells["Lost"] = str(summary.summaries_lost or "")
    cells["Most fps"] = "" if summary.rate_fps is None else f"{summary.rate_fps:.3g}"
    cells["Readable"], cells["Others"] = f"{summary.readable_share:.0%}", f"{summary.others_share:.0%}"
    if summary.levels is not None:
        cells |= {level.value.capitalize(): f"{summary.levels.get(level.value, 0.0):.0%}" for level in LEVELS}
        cells["Score"], cells["Score SD"] = f"{summary.score_mean or 0:+.2f}", f"{summary.score_sd or 0:.2f}"
        cells["Percentile"] = f"{percentile_of(summary.score_mean or 0):.0f}"
        cells["Change"] = "" if summary.score_change is None else f"{summary.score_change:+.2f}"
        cells["Changes/min"] = f"{summary.level_changes_per_minute or 0:.1f}"
        cells["Emotion"] = _emotion(summary.emotions)
    return cells


def _emotion(shares: Mapping[str, float] | None) -> str:
    """Return the most frequent emotion and its share; empty where emotions were not computed."""
    if shares is None:
        return ""
    most = max(shares, key=shares.__getitem__, default="-")
    return f"{most} {shares.get(most, 0.0):.0%}"


def without_empty(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the rows without the optional columns that are empty in all of them."""
    left_out = [name for name in _OPTIONAL if not any(row.get(name) for row in rows)]
    return [{name: cell for name, cell in row.items() if name not in left_out} for row in rows]


def window_cells(window: Summary | Sealed, session: SessionRecord) -> dict[str, str]:
    """Return a window's cells by the names of their columns; in a recording's, `From` is its offset."""
    cells = {"Window": str(window.sequence)}
    if session.recorded:
        cells["From"] = "-" if window.started_tick_s is None else duration(window.started_tick_s)
    cells |= figure_cells(window, session.purpose)
    if session.recorded and window.started_at is None:
        del cells["Started (UTC)"]
    return cells


def segment_cells(segment: Summary | Sealed, session: SessionRecord) -> dict[str, str]:
    """Return a segment's cells by the names of their columns; `From` is its marker's offset in the session."""
    cells = window_cells(segment, session)
    del cells["Window"]
    name = "-" if isinstance(segment, Sealed) or segment.segment is None else segment.segment
    offset_s = marker_offset_s(segment, session)
    return {"Segment": name, "From": "-" if offset_s is None else duration(offset_s)} | {
        name: cell for name, cell in cells.items() if name != "From"
    }


def marker_offset_s(segment: Summary | Sealed, session: SessionRecord) -> float | None:
    """Return where a segment begins, in seconds of the recording, or since a live session's start; None: unknown."""
    if session.recorded or segment.started_tick_s is None:
        return segment.started_tick_s
    started_s = None if session.summary is None else session.summary.started_tick_s
    return None if started_s is None else segment.started_tick_s - started_s


def uncertain_dates(session: SessionRecord) -> bool:
    """Return whether a session's dates are of a clock that was not synchronised."""
    return session.clock_synchronised is False and not session.recorded


def date(moment: datetime | None) -> str:
    """Return a date for display, `2026-03-01 09:30:00`; `-` is unknown."""
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def duration(time_s: float) -> str:
    """Return seconds for display: `12.5 s`, or `0:03:07` in hours, minutes and seconds."""
    if time_s < 60:
        return f"{time_s:.1f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def printable(text: str) -> str:
    """Return the text with a question mark for each character that is invisible or moves others."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "?" for letter in text)
