"""Reports as one HTML page without scripts or external resources, with every text escaped."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, Final, TextIO

from edge.core.insights.text import CAUTION, described
from edge.core.labels import percentile_of
from edge.core.sessions import JournalNotice, SessionRecord
from edge.core.summaries import Sealed, Summary
from edge.report.cells import (
    TEXT_COLUMNS,
    date,
    duration,
    figure_cells,
    printable,
    session_cells,
    uncertain_dates,
    window_cells,
    without_empty,
)
from edge.report.chart import SCORE_HEIGHT, SHARES_HEIGHT, WIDTH, Chart, chart

_HERE: Final = Path(__file__).parent
_OVERVIEW: Final = (
    "Session",
    "State",
    "Purpose",
    "Started (UTC)",
    "Length",
    "Readable",
    "Reserved",
    "Balanced",
    "Expressive",
)  # the other columns are in the section of each session
_READABLE: Final = "a face could be read"
_NOT_COMPUTED: Final = "Emotions were not computed, for the purpose was assessment."
_TRUNCATED: Final = "The recording ended before the frames that it announces: it was cut short, or is damaged."
_UNCERTAIN: Final = "Dates may be wrong, for the clock was not synchronised."

WindowsOf = Callable[[int], Iterable[Summary | Sealed]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a horizontal bar, in the units of the chart."""

    name: str  # of its CSS class, or its label
    left: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class SessionSection:
    """The section of the page about one session; the template reads its fields."""

    id: int
    name: str
    state: str
    facts: Sequence[tuple[str, str]]
    remarks: Sequence[str]
    length: str
    time: Sequence[Part]
    reasons: str
    levels: Sequence[Part]
    emotions: Sequence[Part]
    insights: Mapping[str, str]
    chart: Chart | None
    step: str
    windows: Iterable[Mapping[str, str]]


def write_html(
    sessions: Sequence[SessionRecord],
    windows_of: WindowsOf,
    out: TextIO,
    *,
    windows: bool = False,
    notices: Iterable[JournalNotice] = (),
) -> None:
    """Write the page in ASCII, one session after another while they are read.

    Args:
        sessions: What is reported.
        windows_of: Returns the windows of a session by its id; called once or twice for each.
        out: A text file.
        windows: Whether to add a table of each session's windows.
        notices: Events of the journal.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    style = (_HERE / "report.css").read_text(encoding="ascii")
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cells = [{name: session_cells(session)[name] for name in _OVERVIEW} for session in sessions]
    page = environment.get_template("report.html.jinja").stream(
        policy=f"default-src 'none'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'",
        style=Markup(style),
        count=len(sessions),
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        notices=[{"at": f"{notice.noticed_at:%Y-%m-%d %H:%M}", "text": notice.text} for notice in notices],
        overview=[{"id": session.id, "cells": row} for session, row in zip(sessions, cells, strict=True)],
        text_columns=TEXT_COLUMNS,
        sessions=(_section(session, windows_of, windows) for session in sessions),
        caution=CAUTION,
        score_height=SCORE_HEIGHT,
        shares_height=SHARES_HEIGHT,
        bottom=SCORE_HEIGHT + SHARES_HEIGHT + 16,
    )
    page.enable_buffering(64)
    for text in page:
        out.write(text.encode("ascii", "xmlcharrefreplace").decode())


def _hash(style: str) -> str:
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"


def _section(session: SessionRecord, windows_of: WindowsOf, table: bool) -> SessionSection:
    summary = session.summary
    opened = (window for window in windows_of(session.id) if isinstance(window, Summary))
    drawn = chart(opened, max(session.windows, summary.sequence if summary else 0), session.window_s)
    (shown,) = without_empty([figure_cells(summary, session.purpose)])
    rows = (
        (
            {name: cell for name, cell in window_cells(window, session).items() if name in ("Window", "From", *shown)}
            for window in windows_of(session.id)
        )
        if table
        else ()
    )
    readable = summary.readable_share if summary else 0.0
    emotions = (summary.emotions if summary else None) or {}
    return SessionSection(
        id=session.id,
        name=session.name,
        state=session.state.value,
        facts=list(_facts(session)),
        remarks=list(_remarks(session)),
        length="" if summary is None else duration(summary.length_s),
        time=[] if summary is None else _parts({_READABLE: readable, "it could not": 1 - readable}, ("read", "none")),
        reasons="" if summary is None else _reasons(summary),
        levels=_parts(summary.levels, tuple(summary.levels)) if summary and summary.levels else [],
        emotions=[
            Part(name, 0.0, round(_share(share) * 0.8 * WIDTH, 1), f"{share:.0%}")
            for name, share in sorted(emotions.items(), key=lambda item: -item[1])
            if readable > 0
        ],
        insights=described(summary.insights) if summary and summary.insights is not None else {},
        chart=drawn,
        step=_step(session.window_s, drawn.together if drawn else 1),
        windows=rows,
    )


def _facts(session: SessionRecord) -> Iterator[tuple[str, str]]:
    summary, ended = session.summary, session.ended_at
    yield "Purpose", "not recorded" if session.purpose is None else session.purpose.value
    yield "Started (UTC)", "not recorded" if session.started_at is None else date(session.started_at)
    if ended is not None:
        yield "Ended (UTC)", date(ended)
    if session.written_at is not None:
        yield "Recording read (UTC)", date(session.written_at)
    yield "Source", session.source or "not recorded"
    yield "Windows", f"{session.windows} of {session.window_s:g} s"
    if summary is not None:
        yield "Frames read", f"{summary.frames_read:,}"
        if summary.score_mean is not None:
            yield "Score", f"{summary.score_mean:+.2f} +/- {summary.score_sd or 0:.2f}"
            yield "Percentile", f"{percentile_of(summary.score_mean):.0f} of 100; the levels meet at 33 and 67"
            if summary.score_change is not None:
                yield "Score minus baseline", f"{summary.score_change:+.2f}"
            yield "Level changes", f"{summary.level_changes_per_minute or 0:.1f} a minute"
        yield "Others there", f"{summary.others_share:.0%} of the time, {summary.others_max} at most"
        if summary.rate_fps is not None:
            yield "Most frames a second", f"{summary.rate_fps:.3g}"
    yield "Written by", session.software


def _remarks(session: SessionRecord) -> Iterator[str]:
    summary = session.summary
    if session.purpose is not None and not session.purpose.reads_emotions:
        yield _NOT_COMPUTED
    if uncertain_dates(session):
        yield _UNCERTAIN
    if session.truncated:
        yield _TRUNCATED
    if session.sealed and summary is None:
        yield f"{session.sealed} summaries are sealed: edge-report --key FILE opens them."
    if summary is not None:
        lasted = [f"{gap.replace('_', ' ')} {duration(time_s)}" for gap, time_s in summary.gaps.items() if time_s > 0]
        if lasted:
            yield f"No frames: {', '.join(lasted)}."
        if summary.summaries_lost:
            yield f"{summary.summaries_lost} windows could not be kept."


def _reasons(summary: Summary) -> str:
    known = sorted(summary.unreadable.items(), key=lambda item: -item[1])
    return ", ".join(f"{reason.replace('_', ' ')} {share:.0%}" for reason, share in known if share >= 0.005)


def _parts(shares: Mapping[str, float], names: Sequence[str]) -> list[Part]:
    parts, left = [], 0.0
    for (label, share), name in zip(shares.items(), names, strict=True):
        width = round(_share(share) * WIDTH, 1)
        parts.append(Part(name, round(left, 1), width, f"{label} {share:.0%}"))
        left += width
    return parts


def _share(share: float) -> float:
    return min(max(share, 0.0), 1.0) if isfinite(share) else 0.0


def _step(window_s: float, together: int) -> str:
    return f"one window, {window_s:g} s" if together == 1 else f"{together} windows, {duration(together * window_s)}"
