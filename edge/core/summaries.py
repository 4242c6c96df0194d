"""A summary: the only thing that is kept of a stretch of time. It has room for figures and for nothing else."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Any, Final

NESTED: Final = ("unreadable", "emotions", "levels", "gaps")  # the fields that are mappings from labels to figures


class Kind(StrEnum):
    """What stretch of time a summary is about."""

    WINDOW = "window"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Summary:
    """Expressiveness over a window or a whole session.

    Shares are 0..1. `unreadable` holds the share of the whole length for each reason, and together with
    `readable_share` sums to 1. `emotions` and `levels` hold shares of the readable time, each summing to 1, or 0
    everywhere where nothing was readable; then the three figures about the score and the confidence are None.
    `emotions` is None where emotions were not computed, because the purpose is assessment.
    Ticks are the source's monotonic clock: order and durations follow from them, whatever the dates say.
    """

    kind: Kind
    session: str
    sequence: int  # 0, 1, 2 ... for a session's windows; for the session, the number of its windows
    started_at: datetime  # UTC
    length_s: float
    frames_read: int
    frames_dropped: int
    readable_share: float
    unreadable: Mapping[str, float]  # every reason of Unreadable
    emotions: Mapping[str, float] | None  # every label of EMOTIONS
    levels: Mapping[str, float]  # every level of LEVELS
    score_mean: float | None  # standardised score, weighted by time
    score_sd: float | None
    level_changes_per_minute: float | None  # of readable time
    confidence_mean: float | None
    others_max: int  # most other people seen at once
    others_share: float  # share of the length with somebody else in the picture
    gaps: Mapping[str, float] = field(default_factory=dict)  # seconds in which nobody looked, by reason
    rate_fps: float | None = None  # most frames a second to be read; the mean over `limited_s`, None without a limit
    started_tick_s: float | None = None  # monotonic; another origin after each boot
    ended_tick_s: float | None = None
    summaries_lost: int = 0  # a window's: how many right before it could not be kept; a session's: all of them
    limited_s: float | None = None  # seconds in which there was a limit; None: written before this was measured


@dataclass(frozen=True, slots=True)
class Sealed:
    """A summary that only the holder of a key can read. Apart from `sealed` it says when, and nothing about anybody."""

    kind: Kind
    session: str
    sequence: int
    started_at: datetime  # UTC
    length_s: float
    started_tick_s: float | None
    ended_tick_s: float | None
    sealed: str  # the summary as an age file in ASCII armour


_FIELDS: Final = {
    one.name: one.default is not MISSING or one.default_factory is not MISSING for one in fields(Summary)
}  # True where a field has a default


def as_json(summary: Summary | Sealed) -> dict[str, Any]:
    """A summary as JSON values, under the names of Summary's fields and in their order.

    `kind` is "window" or "session"; `started_at` is ISO 8601 in UTC with a Z; `unreadable`, `emotions` and `levels`
    are objects of shares by label, `gaps` of seconds by reason; emotions that were not computed are null. Numbers have
    six decimals at most; one that is None or not finite is null.
    """
    return {one.name: _json(getattr(summary, one.name)) for one in fields(summary)}


def from_json(values: Mapping[str, Any]) -> Summary:
    """A summary from what `as_json` made; KeyError, TypeError or ValueError where it is none.

    What has a default may be absent, as in what an earlier version wrote.
    """
    given = {name: values[name] for name, optional in _FIELDS.items() if name in values or not optional}
    given["kind"] = Kind(given["kind"])
    given["started_at"] = datetime.fromisoformat(given["started_at"]).astimezone(UTC)
    computed = NESTED if given["emotions"] is not None else [name for name in NESTED if name != "emotions"]
    for name in given.keys() & computed:
        given[name] = {str(label): float(share) for label, share in given[name].items()}
    return Summary(**given)


def date_of_tick(tick_s: float | None, told: datetime, reference: Summary) -> datetime:
    """The date of a tick by the distance from `reference`'s beginning; `told` where that differs by less than 1 s.

    `told` also where ticks are not known.
    """
    if tick_s is None or reference.started_tick_s is None:
        return told
    date = reference.started_at + timedelta(seconds=tick_s - reference.started_tick_s)
    return date if abs(date - told) >= timedelta(seconds=1) else told


def utc_text(moment: datetime, timespec: str = "milliseconds") -> str:
    """A date with a time zone as ISO 8601 in UTC, as in `2026-03-01T09:30:00.000Z`; `timespec` as in isoformat."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def _json(value: Any) -> Any:
    match value:
        case datetime():
            return utc_text(value)
        case float():
            return round(value, 6) + 0.0 if isfinite(value) else None  # + 0.0 turns -0.0 into 0.0
        case Mapping():
            return {str(label): _json(share) for label, share in value.items()}
        case str():
            return str(value)
        case _:
            return value
