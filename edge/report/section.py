"""The section of a page about one session: what its template shows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Final

from edge.core.insights.text import described
from edge.core.labels import LEVELS, SCORE_SD, percentile_of
from edge.core.readings import Unreadable
from edge.core.sessions import SessionRecord
from edge.core.summaries import Sealed, Summary
from edge.report.cells import (
    date,
    duration,
    figure_cells,
    segment_cells,
    uncertain_dates,
    window_cells,
    without_empty,
)
from edge.report.timeline import WIDTH, Timeline, timeline
from edge.report.verdict import sentence

_NOT_COMPUTED: Final = "Emotions were not computed, for the purpose was assessment."
_TRUNCATED: Final = "The recording ended before the frames that it announces: it was cut short, or is damaged."
_UNCERTAIN: Final = "Dates may be wrong, for the clock was not synchronised."

WindowsOf = Callable[[int], Iterable[Summary | Sealed]]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a horizontal bar, in percent of it."""

    name: str  # its CSS class, and label
    left: float
    width: float
    text: str  # of the share


@dataclass(frozen=True, slots=True)
class Scale:
    """The session's score among the training faces, in percent."""

    percentile: float
    low: float  # one standard deviation below the mean
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class SessionSection:
    """The section of the page about one session; the template reads its fields."""

    id: int
    name: str
    state: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    quality: Sequence[tuple[str, str]]
    remarks: Sequence[str]
    levels: Sequence[Share]
    reasons: Sequence[Share]  # why no face could be read, as shares of the length
    scale: Scale | None
    change: str
    emotions: Sequence[Share]
    insights: Mapping[str, str]
    timeline: Timeline | None
    step: str
    windows: Iterable[Mapping[str, str]]
    segments: Sequence[Mapping[str, str]]
    markers: Sequence[float]  # where segments begin, in the units of the time line


def session_section(
    session: SessionRecord, windows_of: WindowsOf, segments_of: WindowsOf, *, table: bool
) -> SessionSection:
    """Return what a page shows of a session.

    Args:
        session: The session.
        windows_of: Returns its windows by its id; called once or twice.
        segments_of: Returns its segments by its id.
        table: Whether to show each window's figures.
    """
    summary = session.summary
    opened = (window for window in windows_of(session.id) if isinstance(window, Summary))
    drawn = timeline(opened, max(session.windows, summary.sequence if summary else 0), session.window_s)
    segments = list(segments_of(session.id))
    return SessionSection(
        id=session.id,
        name=session.name,
        state=session.state.value,
        sentence="" if summary is None else sentence(summary),
        facts=list(_facts(session)),
        quality=[] if summary is None else list(_quality(summary)),
        remarks=list(_remarks(session)),
        levels=[] if summary is None else _bar(summary.levels or {}, [level.value for level in LEVELS]),
        reasons=[] if summary is None else _bar(summary.unreadable, [reason.value for reason in Unreadable]),
        scale=None if summary is None else _scale(summary),
        change="" if summary is None else _change(summary),
        emotions=[] if summary is None else _ranked(summary),
        insights=described(summary.insights) if summary and summary.insights is not None else {},
        timeline=drawn,
        step=_step(session.window_s, drawn.together if drawn else 1),
        windows=_windows(session, windows_of) if table else (),
        segments=without_empty([segment_cells(segment, session) for segment in segments]) if segments else [],
        markers=list(_markers(session, segments)),
    )


def moment(at: datetime | None) -> str:
    """Return a date for display in this machine's zone, with UTC beside it where that differs; `-` is unknown."""
    if at is None:
        return "-"
    local = at.astimezone()
    utc = f"{date(at)} UTC"
    if not local.utcoffset():
        return utc
    same_day = f"{at:%H:%M:%S} UTC" if at.date() == local.date() else utc
    return f"{date(local)} {local:%Z} ({same_day})"


def _markers(session: SessionRecord, segments: Iterable[Summary | Sealed]) -> Iterator[float]:
    summary = session.summary
    if summary is None or summary.started_tick_s is None or summary.length_s <= 0:
        return
    for segment in segments:
        if segment.started_tick_s is not None:
            yield round(_within((segment.started_tick_s - summary.started_tick_s) / summary.length_s) * WIDTH, 1)


def _windows(session: SessionRecord, windows_of: WindowsOf) -> Iterator[Mapping[str, str]]:
    (shown,) = without_empty([figure_cells(session.summary, session.purpose)])
    for window in windows_of(session.id):
        cells = window_cells(window, session)
        yield {name: cell for name, cell in cells.items() if name in ("Window", "From", *shown)}


def _facts(session: SessionRecord) -> Iterator[tuple[str, str]]:
    length_s = session.sealed_length_s if session.summary is None else session.summary.length_s
    if length_s is not None:
        yield "Length", duration(length_s)
    yield "Started", "not recorded" if session.started_at is None else moment(session.started_at)
    if session.ended_at is not None:
        yield "Ended", moment(session.ended_at)
    if session.written_at is not None:
        yield "Recording read", moment(session.written_at)
    yield "Purpose", "not recorded" if session.purpose is None else session.purpose.value
    yield "Source", session.source or "not recorded"
    yield "Windows", f"{session.windows} of {session.window_s:g} s"
    yield "Written by", session.software


def _quality(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "A face could be read", f"{summary.readable_share:.0%} of the time"
    yield "Frames read", f"{summary.frames_read:,}"
    if summary.confidence_mean is not None:
        yield "Mean probability of the levels that were read", f"{summary.confidence_mean:.2f} of 1"
    if summary.score_mean is not None:
        yield "Level changes", f"{summary.level_changes_per_minute or 0:.1f} a minute"
    yield "Other faces", f"{summary.others_share:.0%} of the time, {summary.others_max} at most"
    if summary.rate_fps is not None:
        yield "Most frames a second", f"{summary.rate_fps:.3g}"


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


def _scale(summary: Summary) -> Scale | None:
    mean = summary.score_mean
    if mean is None or not isfinite(mean):
        return None
    sd = summary.score_sd if summary.score_sd is not None and isfinite(summary.score_sd) else 0.0
    low, middle, high = (percentile_of(score) for score in (mean - abs(sd), mean, mean + abs(sd)))
    text = f"Percentile {middle:.0f}: {middle:.0f} of 100 training faces have a lower score."
    if sd > 0:
        text += f" One standard deviation around it reaches from percentile {low:.0f} to {high:.0f}."
    return Scale(round(middle, 1), round(low, 1), round(high, 1), text)


def _change(summary: Summary) -> str:
    change = summary.score_change
    if change is None or not isfinite(change):
        return ""
    spreads = change / SCORE_SD
    if abs(spreads) < 0.1:
        return "About as expressive as in its first readable time (the baseline)."
    more = "More" if spreads > 0 else "Less"
    return (
        f"{more} expressive than in its first readable time (the baseline), by {abs(spreads):.1f} standard deviations."
    )


def _ranked(summary: Summary) -> list[Share]:
    if not summary.readable_share > 0:
        return []
    shares = sorted((summary.emotions or {}).items(), key=lambda item: -item[1])
    return [Share(name, 0.0, round(100 * _within(share), 1), f"{share:.0%}") for name, share in shares]


def _bar(shares: Mapping[str, float], names: Sequence[str]) -> list[Share]:
    """The known names in order, side by side; what is absent or nearly so is left out."""
    parts, left = [], 0.0
    for name in names:
        share = _within(shares.get(name, 0.0))
        if share >= 0.005:
            parts.append(Share(name, round(left, 2), round(100 * share, 2), f"{share:.0%}"))
        left += 100 * share
    return parts


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0) if isfinite(share) else 0.0


def _step(window_s: float, together: int) -> str:
    return f"one window, {window_s:g} s" if together == 1 else f"{together} windows, {duration(together * window_s)}"
