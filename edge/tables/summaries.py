"""Tables of summaries: a row for each session, window or segment, all with the same columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

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


class Labelled(Protocol):
    """Figures by label, as `edge.journal.labelled.Labelled`."""

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether a summary has them."""
        ...

    @property
    def of(self) -> Mapping[str, NDArray[np.float64]]:
        """The figures of each label; NaN where a summary has no such label."""
        ...


class Kept(Protocol):
    """Summaries of one kind, one after another, as `edge.journal.columns.Columns`."""

    @property
    def sessions(self) -> Sequence[tuple[SessionRecord, int]]:
        """Whose they are, and how many of each session follow one another."""
        ...

    @property
    def numbers(self) -> Mapping[str, NDArray[np.float64]]:
        """The fields of a summary that hold one number; NaN: not measured, or sealed."""
        ...

    @property
    def labelled(self) -> Mapping[str, Labelled]:
        """Those that hold numbers by label."""
        ...

    @property
    def started_at(self) -> NDArray[np.datetime64]:
        """When they began, UTC."""
        ...

    @property
    def segments(self) -> Sequence[str | None]:
        """The segment of each."""
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
    origins_s: dict[int, float] = {}  # of a session, the tick from which offsets count
    for kept in some:
        begun = _begun(kept, kind, origins_s)
        cells = [*_about(kept, begun), *_figures(kept, kind), *_clock(kept)]
        for figures in _OF_EMOTIONS if others else ():
            cells += _each(kept.labelled[figures], others)
        yield cells


def _begun(kept: Kept, kind: Kind, origins_s: dict[int, float]) -> NDArray[np.float64]:
    """Where each summary begins: seconds from the recording's or the session's beginning."""
    ticks_s = kept.numbers["started_tick_s"]
    if kind is Kind.SESSION:
        recorded = np.array([session.recorded for session, _ in kept.sessions])
        return np.where(recorded, ticks_s, 0.0 * ticks_s)
    first, begun_s = 0, ticks_s.copy()
    for session, count in kept.sessions:
        if not session.recorded:
            own = session.started_tick_s if session.summary is None else session.summary.started_tick_s
            if own is None:  # the session's own summary is sealed, or is none yet
                own = origins_s.setdefault(session.id, ticks_s[first])
            begun_s[first : first + count] -= own
        first += count
    return begun_s


def _about(kept: Kept, begun_s: Cells) -> list[Cells]:
    of_sessions = _repeated(kept, lambda session: session.labels.segment)
    segments: Cells = of_sessions
    if any(kept.segments):
        segments = [one or own for one, own in zip(kept.segments, of_sessions.cells, strict=True)]
    return [
        _repeated(kept, lambda session: session.source),
        _repeated(kept, lambda session: session.labels.participant),
        _repeated(kept, lambda session: session.labels.question),
        segments,
        begun_s,
        kept.numbers["length_s"],
        _repeated(kept, lambda session: session.name),
        _repeated(kept, lambda session: session.id),
        kept.numbers["sequence"],
        _repeated(kept, lambda session: session.state.value),
        _repeated(kept, lambda session: None if session.purpose is None else session.purpose.value),
        kept.started_at,
        _repeated(kept, lambda session: session.window_s),
    ]


def _figures(kept: Kept, kind: Kind) -> list[Cells]:
    numbers, labelled = kept.numbers, kept.labelled
    return [
        numbers["frames_read"],
        numbers["frames_dropped"],
        numbers["readable_share"],
        *_each(labelled["unreadable"], _REASONS),
        *_each(labelled["levels"], _LEVELS),
        numbers["score_mean"],
        numbers["score_sd"],
        numbers["score_change"],
        numbers["level_changes_per_minute"],
        numbers["confidence_mean"],
        *_each(labelled["emotions"], EMOTIONS),
        *_each(labelled["emotion_means"], EMOTIONS),
        *_each(labelled["emotion_changes"], EMOTIONS),
        numbers["others_max"],
        numbers["others_share"],
        *_gaps(labelled["gaps"], labelled["unreadable"]),
        *_each(labelled["insights"], FIGURES),
        numbers["rate_fps"],
        numbers["limited_s"],
        numbers["summaries_lost"],
        _truths(numbers["truncated"]) if kind is Kind.SESSION else _none(numbers["truncated"]),
    ]


def _gaps(gaps: Labelled, unreadable: Labelled) -> list[Cells]:
    """Seconds of gaps: 0 where there was none; None where it is sealed, or of the first version, which named none."""
    named = np.zeros(len(gaps.known), np.bool_)
    for times_s in gaps.of.values():
        named |= ~np.isnan(times_s)
    frameless = np.nan_to_num(unreadable.of.get(Unreadable.NO_FRAMES, np.zeros(len(named)))) != 0
    rest = np.where(gaps.known & (named | ~frameless), 0.0, np.nan)
    found = [gaps.of.get(gap) for gap in _GAPS]
    return [rest if one is None else np.where(np.isnan(one), rest, one) for one in found]


def _clock(kept: Kept) -> list[Cells]:
    return [
        kept.numbers["started_tick_s"],
        kept.numbers["ended_tick_s"],
        _repeated(kept, lambda session: session.recorded),
        _repeated(kept, lambda session: session.boot_id),
        _repeated(kept, lambda session: session.clock_synchronised),
        _repeated(kept, lambda session: SCHEMA_VERSION),
    ]


def _each(labelled: Labelled, labels: Sequence[str]) -> list[Cells]:
    """A column for each label."""
    return [labelled.of.get(label, _none(labelled.known)) for label in labels]


def _none(column: Sized) -> Repeated:
    return Repeated([None], [len(column)])


def _truths(numbers: NDArray[np.float64]) -> list[bool | None]:
    return [None if number != number else bool(number) for number in numbers.tolist()]


def _repeated(kept: Kept, of: Callable[[SessionRecord], Any]) -> Repeated:
    return Repeated([of(session) for session, _ in kept.sessions], [count for _, count in kept.sessions])
