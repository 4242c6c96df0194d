"""Tables of summaries: a row for each session, window or segment, all with the same columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from edge.core.gaps import Gap
from edge.core.insights.sums import FIGURES
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Unreadable
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind, Sealed, Summary
from edge.tables.columns import SCHEMA_VERSION, SUBJECT, VERSION, Column, Table, Type, numbers, texts, whole

Row = list[Any]
Summarised = Summary | Sealed

_LEVELS: Final = tuple(level.value for level in LEVELS)
_REASONS: Final = tuple(reason.value for reason in Unreadable)
_OF_EMOTIONS: Final = {"emotions": "share", "emotion_means": "mean", "emotion_changes": "change"}
_GAPS: Final = tuple(gap.value for gap in Gap)

_COLUMNS: Final = (
    *SUBJECT,
    *numbers(
        ("offset_s", "where it begins: seconds from the recording's beginning; of a live source, from the session's"),
        ("length_s", "seconds that it covers"),
    ),
    *texts(("session", "the session's name")),
    *whole(
        ("session_id", "the session's number in its journal"),
        ("sequence", "0, 1, 2 ... for windows and for segments; for a session, how many windows it had"),
    ),
    *texts(
        ("state", "the session's: complete, interrupted or open"),
        ("purpose", "the session's: practice, research or assessment"),
    ),
    Column("started_at", Type.DATE, "when it began; empty for a recording whose date is not known"),
    *numbers(("window_s", "seconds that one window of the session covers")),
    *whole(
        ("frames_read", "frames that were read"),
        ("frames_dropped", "frames between them that were not"),
    ),
    *numbers(
        ("readable_share", "share of the length in which a face was read"),
        *(
            (f"unreadable_{reason}_share", f"share of the length in which none was read: {reason}")
            for reason in _REASONS
        ),
        *((f"level_{level}_share", f"share of the readable time in which the level was {level}") for level in _LEVELS),
        ("score_mean", "mean of the score over the readable time"),
        ("score_sd", "standard deviation of the score over the readable time"),
        ("score_change", "score_mean minus the score of the session's baseline"),
        ("level_changes_per_minute", "changes of the level in a minute of readable time"),
        ("confidence_mean", "mean probability of the level that was read"),
        *((f"emotion_{one}_share", f"share of the readable time in which {one} was most probable") for one in EMOTIONS),
        *((f"emotion_{one}_mean", f"mean probability of {one} over the readable time") for one in EMOTIONS),
        *((f"emotion_{one}_change", f"emotion_{one}_mean minus that of the session's baseline") for one in EMOTIONS),
    ),
    *whole(("others_max", "most other faces at once")),
    *numbers(
        ("others_share", "share of the length with other faces in the picture"),
        *((f"gap_{gap}_s", f"seconds without frames: {gap}") for gap in _GAPS),
        *((f"insight_{one}", f"{one} of the insights, as docs/insights.md explains") for one in FIGURES),
        ("rate_fps", "most frames a second that were to be read; empty without a limit"),
        ("limited_s", "seconds in which there was such a limit"),
    ),
    *whole(("summaries_lost", "windows that could not be kept: right before this one, or of the whole session")),
    Column("truncated", Type.TRUTH, "of a session: whether the recording ended before the frames that it announces"),
    *numbers(
        ("started_tick_s", "its beginning in seconds of a clock that never jumps; in a recording, its offset"),
        ("ended_tick_s", "its end on the same clock"),
    ),
    Column("recorded", Type.TRUTH, "whether the source was a recording"),
    *texts(("boot_id", "which boot of the machine the ticks are of; empty for a recording")),
    Column("clock_synchronised", Type.TRUTH, "whether the machine's clock was certain at the session's start"),
    VERSION,
)
SESSIONS: Final = Table("sessions", "a session", _COLUMNS)
WINDOWS: Final = Table("windows", "a window of a session", _COLUMNS)
SEGMENTS: Final = Table("segments", "a segment of a session, from one marker to the next", _COLUMNS)

_TABLES: Final = {Kind.SESSION: SESSIONS, Kind.WINDOW: WINDOWS, Kind.SEGMENT: SEGMENTS}


def summary_table(kind: Kind, others: Iterable[str] = ()) -> Table:
    """Return the table of one kind of summaries.

    Args:
        kind: What a row is.
        others: Labels of an emotion network beside EMOTIONS: they have columns of their own, after all others.
    """
    table = _TABLES[kind]
    further = numbers(
        *(
            (f"emotion_{label}_{figure}", f"{figure} of {label}, which another emotion network reads")
            for figure in _OF_EMOTIONS.values()
            for label in others
        )
    )
    return replace(table, columns=(*table.columns, *further))


RowsOf = Callable[[int, Kind], Iterable[Summarised]]


def summary_rows(
    sessions: Iterable[SessionRecord], kind: Kind, rows_of: RowsOf, others: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the rows of a table of summaries while they are read.

    Args:
        sessions: The sessions, in order.
        kind: What a row is.
        rows_of: Returns the windows or segments of a session by its id; not called for sessions.
        others: As of `summary_table`.
    """
    for session in sessions:
        if kind is Kind.SESSION:
            yield _row(session, session.summary, 0.0, others)
            continue
        origin_s = None if session.recorded else _origin_s(session)
        for summary in rows_of(session.id, kind):
            if origin_s is None and not session.recorded:
                origin_s = summary.started_tick_s  # the session's own summary is sealed, or is none yet
            yield _row(session, summary, origin_s, others)


def _origin_s(session: SessionRecord) -> float | None:
    return None if session.summary is None else session.summary.started_tick_s


def _row(session: SessionRecord, kept: Summarised | None, origin_s: float | None, others: Sequence[str]) -> Row:
    """One row, in the order of the columns.

    Args:
        session: The session.
        kept: The summary; None for a session that has none.
        origin_s: The tick from which a live source's offsets count.
        others: Labels of other emotion networks.
    """
    cells = [*_about(session, kept, origin_s), *_figures(kept), *_clock(session, kept)]
    if others:
        summary = kept if isinstance(kept, Summary) else None
        for figures in _OF_EMOTIONS:
            cells += _each(getattr(summary, figures, None), others)
    return [round(cell, 6) + 0.0 if type(cell) is float else cell for cell in cells]  # as in a summary's JSON


def _about(session: SessionRecord, kept: Summarised | None, origin_s: float | None) -> Row:
    labels = session.labels
    segment = kept.segment if isinstance(kept, Summary) else None
    return [
        session.source,
        labels.participant,
        labels.question,
        segment or labels.segment,
        _offset_s(session, kept, origin_s),
        None if kept is None else kept.length_s,
        session.name,
        session.id,
        0 if kept is None else kept.sequence,
        session.state.value,
        None if session.purpose is None else session.purpose.value,
        session.started_at if kept is None else kept.started_at,
        session.window_s,
    ]


def _offset_s(session: SessionRecord, kept: Summarised | None, origin_s: float | None) -> float | None:
    if kept is None or kept.started_tick_s is None:
        return None
    if session.recorded:
        return kept.started_tick_s
    if kept.kind is Kind.SESSION:
        return 0.0
    return None if origin_s is None else kept.started_tick_s - origin_s


def _figures(kept: Summarised | None) -> Row:
    if not isinstance(kept, Summary):
        return list(_NOTHING)
    gaps = kept.gaps
    no_gap = 0.0 if gaps or not kept.unreadable.get(Unreadable.NO_FRAMES) else None
    return [
        kept.frames_read,
        kept.frames_dropped,
        kept.readable_share,
        *_each(kept.unreadable, _REASONS),
        *_each(kept.levels, _LEVELS),
        kept.score_mean,
        kept.score_sd,
        kept.score_change,
        kept.level_changes_per_minute,
        kept.confidence_mean,
        *_each(kept.emotions, EMOTIONS),
        *_each(kept.emotion_means, EMOTIONS),
        *_each(kept.emotion_changes, EMOTIONS),
        kept.others_max,
        kept.others_share,
        *[gaps.get(gap, no_gap) for gap in _GAPS],  # the first version named no reasons
        *_each(kept.insights, FIGURES),
        kept.rate_fps,
        kept.limited_s,
        kept.summaries_lost,
        kept.truncated if kept.kind is Kind.SESSION else None,
    ]


_NOTHING: Final = (None,) * (len(_REASONS) + len(_LEVELS) + 3 * len(EMOTIONS) + len(_GAPS) + len(FIGURES) + 14)


def _clock(session: SessionRecord, kept: Summarised | None) -> Row:
    ticks_s = (None, None) if kept is None else (kept.started_tick_s, kept.ended_tick_s)
    return [*ticks_s, session.recorded, session.boot_id, session.clock_synchronised, SCHEMA_VERSION]


def _each(shares: Mapping[str, float] | None, labels: Iterable[str]) -> Row:
    return [None for _ in labels] if shares is None else [shares.get(label) for label in labels]
