"""Tables of summaries: a row for each session, window or segment, all with the same columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, Final, Protocol

import numpy as np

from edge.core.gaps import Gap
from edge.core.insights.sums import FIGURES
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Unreadable
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind
from edge.tables.cells import Cells, Repeated
from edge.tables.columns import SCHEMA_VERSION, SUBJECT, VERSION, Column, Table, Type, numbers, texts, whole

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


class Kept(Protocol):
    """Summaries of one kind, one after another, as `edge.journal.columns.Columns`."""

    @property
    def sessions(self) -> Sequence[tuple[SessionRecord, int]]:
        """Whose they are, and how many of each session follow one another."""
        ...

    @property
    def fields(self) -> Mapping[str, Sequence[Any]]:
        """The values of each field; None: not measured, or sealed."""
        ...


def summary_cells(some: Iterable[Kept], kind: Kind, others: Sequence[str] = ()) -> Iterator[list[Cells]]:
    """Yield the columns of a table of summaries, some thousands of rows at once.

    Args:
        some: Summaries of sessions, in order.
        kind: What a row is.
        others: As of `summary_table`.

    Yields:
        The cells of each column, in the order of the columns of `summary_table`.
    """
    origins_s: dict[int, float | None] = {}  # of a session, the tick from which offsets count
    for kept in some:
        begun = _begun(kept, kind, origins_s)
        cells = [*_about(kept, begun), *_figures(kept.fields, kind), *_clock(kept)]
        for figures in _OF_EMOTIONS if others else ():
            cells += _each(kept.fields[figures], others)
        yield cells


def _begun(kept: Kept, kind: Kind, origins_s: dict[int, float | None]) -> Cells:
    """Where each summary begins: seconds from the recording's or the session's beginning."""
    ticks_s = np.array(kept.fields["started_tick_s"], np.float64)
    if kind is Kind.SESSION:
        recorded = np.array([session.recorded for session, _ in kept.sessions])
        return np.where(recorded, ticks_s, 0.0 * ticks_s)
    first, begun_s = 0, ticks_s.copy()
    for session, count in kept.sessions:
        if not session.recorded:
            own = None if session.summary is None else session.summary.started_tick_s
            if own is None:  # the session's own summary is sealed, or is none yet
                own = origins_s.setdefault(session.id, kept.fields["started_tick_s"][first])
            begun_s[first : first + count] -= np.nan if own is None else own
        first += count
    return begun_s


def _about(kept: Kept, begun: Cells) -> list[Cells]:
    fields, none = kept.fields, [None] * len(kept.fields["sequence"])
    segments = none if not any(fields["segment"]) else fields["segment"]
    of_sessions = _repeated(kept, lambda session: session.labels.segment)
    return [
        _repeated(kept, lambda session: session.source),
        _repeated(kept, lambda session: session.labels.participant),
        _repeated(kept, lambda session: session.labels.question),
        of_sessions if segments is none else [one or own for one, own in zip(segments, of_sessions.cells, strict=True)],
        begun,
        fields["length_s"],
        _repeated(kept, lambda session: session.name),
        _repeated(kept, lambda session: session.id),
        fields["sequence"],
        _repeated(kept, lambda session: session.state.value),
        _repeated(kept, lambda session: None if session.purpose is None else session.purpose.value),
        fields["started_at"],
        _repeated(kept, lambda session: session.window_s),
    ]


def _figures(fields: Mapping[str, Sequence[Any]], kind: Kind) -> list[Cells]:
    return [
        fields["frames_read"],
        fields["frames_dropped"],
        fields["readable_share"],
        *_each(fields["unreadable"], _REASONS),
        *_each(fields["levels"], _LEVELS),
        fields["score_mean"],
        fields["score_sd"],
        fields["score_change"],
        fields["level_changes_per_minute"],
        fields["confidence_mean"],
        *_each(fields["emotions"], EMOTIONS),
        *_each(fields["emotion_means"], EMOTIONS),
        *_each(fields["emotion_changes"], EMOTIONS),
        fields["others_max"],
        fields["others_share"],
        *_gaps(fields["gaps"], fields["unreadable"]),
        *_each(fields["insights"], FIGURES),
        fields["rate_fps"],
        fields["limited_s"],
        fields["summaries_lost"],
        fields["truncated"] if kind is Kind.SESSION else [None] * len(fields["sequence"]),
    ]


def _gaps(gaps: Sequence[Mapping[str, float] | None], unreadable: Sequence[Mapping[str, float] | None]) -> list[Cells]:
    """Seconds of gaps: 0 where there was none; None where it is sealed, or of the first version, which named none."""
    known = [
        one is not None and bool(one or not (why or {}).get(Unreadable.NO_FRAMES))
        for one, why in zip(gaps, unreadable, strict=True)
    ]
    without = np.where(known, 0.0, np.nan)
    if not any(gaps):
        return [without] * len(_GAPS)
    return [
        np.array([(one or {}).get(gap, rest) for one, rest in zip(gaps, without.tolist(), strict=True)])
        for gap in _GAPS
    ]


def _clock(kept: Kept) -> list[Cells]:
    return [
        kept.fields["started_tick_s"],
        kept.fields["ended_tick_s"],
        _repeated(kept, lambda session: session.recorded),
        _repeated(kept, lambda session: session.boot_id),
        _repeated(kept, lambda session: session.clock_synchronised),
        _repeated(kept, lambda session: SCHEMA_VERSION),
    ]


def _each(shares: Sequence[Mapping[str, float] | None], labels: Sequence[str]) -> list[Cells]:
    """A column for each label."""
    if not any(shares):
        return [[None] * len(shares)] * len(labels)
    pick, none = itemgetter(*labels), (None,) * len(labels)
    try:
        rows = [none if one is None else pick(one) for one in shares]
    except KeyError:  # some of them are from before there were all of these labels
        rows = [none if one is None else tuple(map(one.get, labels)) for one in shares]
    return list(np.array(rows, np.float64).reshape(len(shares), len(labels)).T)


def _repeated(kept: Kept, of: Callable[[SessionRecord], Any]) -> Repeated:
    return Repeated([of(session) for session, _ in kept.sessions], [count for _, count in kept.sessions])
