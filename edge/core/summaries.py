"""Summaries: the figures of a window, a segment or a session, the only thing that is kept of it."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from edge.core.rounding import rounded

NESTED: Final = (
    "unreadable",
    "emotions",
    "levels",
    "gaps",
    "emotion_means",
    "emotion_changes",
    "insights",
)  # the fields that are mappings from labels to figures


class Kind(StrEnum):
    """The kind of time that a summary covers."""

    WINDOW = "window"
    SEGMENT = "segment"  # from one marker to the next
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Summary:
    """Expressiveness over a window, a segment or a session.

    Shares are 0..1. `unreadable` holds shares of the length and sums to 1 together with `readable_share`. `emotions`
    and `levels` hold shares of the readable time, and each sums to 1. What was not measured is None: both of these,
    score, level changes and confidence without readable time, and `emotions` where the purpose is assessment.
    Ticks are seconds on the source's monotonic clock, in a recording from its start; order and durations follow from
    them and not from dates.
    """

    kind: Kind
    session: str
    sequence: int  # 0, 1, 2 ... of a session's windows, and of its segments; of the session, the number of its windows
    started_at: datetime | None  # UTC; None: of a recording without a date
    length_s: float
    frames_read: int
    frames_dropped: int
    readable_share: float
    unreadable: Mapping[str, float]  # every reason of Unreadable
    emotions: Mapping[str, float] | None  # every label of the emotion network
    levels: Mapping[str, float] | None  # every level of LEVELS
    score_mean: float | None  # standardised score, weighted by time
    score_sd: float | None
    level_changes_per_minute: float | None  # of readable time
    confidence_mean: float | None
    others_max: int  # most other faces at once
    others_share: float  # share of the length with another face in the picture
    gaps: Mapping[str, float] = field(default_factory=dict)  # seconds without frames, by reason
    rate_fps: float | None = None  # most frames a second to be read; the mean over `limited_s`, None without a limit
    started_tick_s: float | None = None  # another origin after each boot
    ended_tick_s: float | None = None
    summaries_lost: int = 0  # windows that could not be kept: right before this one, or of the whole session
    limited_s: float | None = None  # seconds in which there was a limit; None: written before this was measured
    truncated: bool = False  # of a session: the recording ended before the frames that it announces
    emotion_means: Mapping[str, float] | None = None  # mean probability of each of these labels
    score_change: float | None = None  # score_mean minus the baseline's score; None without a baseline
    emotion_changes: Mapping[str, float] | None = None  # emotion_means minus the baseline's
    insights: Mapping[str, float] | None = None  # by the names of edge.core.insights.sums.FIGURES; None: not computed
    segment: str | None = None  # of a segment its name; of a window, that of the segment in which it begins


@dataclass(frozen=True, slots=True)
class Sealed:
    """A summary encrypted to a key. Only its time can be read without the key."""

    kind: Kind
    session: str
    sequence: int
    started_at: datetime | None  # UTC; None: of a recording without a date
    length_s: float
    started_tick_s: float | None
    ended_tick_s: float | None
    sealed: str  # the summary as an ASCII-armoured age file


_FIELDS: Final = {
    one.name: one.default is not MISSING or one.default_factory is not MISSING for one in fields(Summary)
}  # True where a field has a default


_NAMES: Final = tuple(one.name for one in fields(Summary))
_OF_SEALED: Final = tuple(one.name for one in fields(Sealed))


def as_json(summary: Summary | Sealed) -> dict[str, Any]:
    """Return a summary as JSON values, with the names of its fields and in their order.

    Returns:
        `kind` is "window" or "session", `started_at` ISO 8601 in UTC with a Z. `unreadable`, `emotions` and `levels`
        are objects of shares by label, `gaps` of seconds by reason. Numbers have at most six decimals; None and
        numbers that are not finite are null.
    """
    return {name: _json(getattr(summary, name)) for name in (_NAMES if isinstance(summary, Summary) else _OF_SEALED)}


def from_json(values: Mapping[str, Any]) -> Summary:
    """Return the summary that `as_json` wrote; fields with a default may be absent, as in earlier versions.

    Raises:
        KeyError, TypeError, ValueError: The values are not a summary's.
    """
    given = {name: values[name] for name, optional in _FIELDS.items() if name in values or not optional}
    given["kind"] = Kind(given["kind"])
    given["started_at"] = utc_date(given["started_at"])
    given["truncated"] = bool(given.get("truncated"))
    for name in NESTED:
        if given.get(name) is not None:
            given[name] = {str(label): float(share) for label, share in given[name].items()}
    for name in ("emotions", "levels"):  # earlier versions wrote shares of 0 where nothing was readable
        given[name] = given[name] if given[name] and any(given[name].values()) else None
    return Summary(**given)


def date_of_tick(tick_s: float | None, recorded: datetime | None, reference: Summary) -> datetime | None:
    """Return the date of a tick, counted from the start of a summary with the right date.

    Args:
        tick_s: Seconds on the clock of `reference`'s ticks; None: unknown.
        recorded: The date that was recorded for the tick.
        reference: A summary of the same session.

    Returns:
        The counted date; `recorded` where it differs by less than 1 s, or ticks are unknown.
    """
    if tick_s is None or recorded is None or reference.started_tick_s is None or reference.started_at is None:
        return recorded
    date = reference.started_at + timedelta(seconds=tick_s - reference.started_tick_s)
    return date if abs(date - recorded) >= timedelta(seconds=1) else recorded


def utc_text(moment: datetime, timespec: str = "milliseconds") -> str:
    """Return an aware date as ISO 8601 in UTC, such as `2026-03-01T09:30:00.000Z`; `timespec` as for isoformat."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def utc_date(text: str | None) -> datetime | None:
    """Return the date (UTC) that `utc_text` wrote; None for None. Raises ValueError where it is none."""
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def utc_moment(written: str) -> datetime:
    """Return the date (UTC) that a user wrote, as `2026-03-01 09:30`; UTC where it names no zone.

    Raises:
        ValueError: It is no date.
    """
    moment = datetime.fromisoformat(written.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _json(value: Any) -> Any:
    kind = type(value)  # by its type, not by patterns: a summary holds some 40 figures, and very many are written
    if kind is float:
        return round(value, 6) + 0.0 if isfinite(value) else None  # as edge.core.rounding, without a call for each
    if kind is dict:
        return {str(label): _json(share) for label, share in value.items()}
    match value:
        case float():
            return rounded(value, 6)
        case Mapping():
            return {str(label): _json(share) for label, share in value.items()}
        case datetime():
            return utc_text(value)
        case str():
            return str(value)
        case _:
            return value
