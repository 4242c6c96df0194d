"""Rows of a report: sessions and their windows as flat cells."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Final

from edge.core.gaps import Gap
from edge.core.insights.sums import FIGURES
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.readings import Unreadable
from edge.core.sessions import SessionRecord
from edge.core.summaries import Kind, Sealed, Summary, as_json, utc_text


@dataclass(frozen=True, slots=True)
class ReportedSession:
    """A session and those of its windows that a report shows."""

    session: SessionRecord
    windows: Iterable[Summary | Sealed] = ()  # iterated once, so that months of them need no memory


_NESTED: Final[Mapping[str, tuple[str, ...]]] = {
    "unreadable": tuple(reason.value for reason in Unreadable),
    "emotions": EMOTIONS,
    "emotion_means": EMOTIONS,
    "emotion_changes": EMOTIONS,
    "levels": tuple(level.value for level in LEVELS),
    "insights": FIGURES,
    "gaps": tuple(gap.value for gap in Gap),
}
_OF_EMOTIONS: Final = ("emotions", "emotion_means", "emotion_changes")  # a network of other labels has further ones
COLUMNS: Final = (
    "session_id",
    "state",
    "source",
    "purpose",
    "boot_id",
    "clock_synchronised",
    "recorded",
    *chain.from_iterable(
        [f"{field.name}.{label}" for label in _NESTED[field.name]] if field.name in _NESTED else [field.name]
        for field in fields(Summary)
    ),
)
"""Names of the cells: those of a summary's JSON, with `emotions.happy` for a share of `emotions`."""


def columns(sessions: Iterable[ReportedSession]) -> tuple[str, ...]:
    """Return COLUMNS, and those of the labels that an emotion network of other labels gave the sessions."""
    summaries = [each.session.summary for each in sessions]
    labels = [label for each in summaries if isinstance(each, Summary) for label in each.emotions or ()]
    others = dict.fromkeys(label for label in labels if label not in EMOTIONS)
    return (*COLUMNS, *(f"{name}.{label}" for name in _OF_EMOTIONS for label in others))


def session_rows(sessions: Iterable[ReportedSession]) -> Iterator[dict[str, Any]]:
    """Yield a row for each session: cells by the names of COLUMNS; None where a value is unknown or not measured."""
    for reported in sessions:
        session = reported.session
        if session.summary is not None:
            yield _about(session) | flat(session.summary)
        else:
            started_at = None if session.started_at is None else utc_text(session.started_at)
            about_none = {"kind": Kind.SESSION.value, "session": session.name, "sequence": 0, "started_at": started_at}
            yield dict.fromkeys(COLUMNS) | _about(session) | about_none


def window_rows(sessions: Iterable[ReportedSession]) -> Iterator[dict[str, Any]]:
    """Yield a row for each window of the sessions, with the cells of `session_rows`."""
    for reported in sessions:
        for window in reported.windows:
            yield dict.fromkeys(COLUMNS) | _about(reported.session) | flat(window)


def _about(session: SessionRecord) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "state": session.state.value,
        "source": session.source,
        "purpose": None if session.purpose is None else session.purpose.value,
        "boot_id": session.boot_id,
        "clock_synchronised": session.clock_synchronised,
        "recorded": session.recorded,
    }


def flat(summary: Summary | Sealed) -> dict[str, Any]:
    """Return a summary's JSON without nesting, `{"emotions.happy": 0.25, ...}`; of a sealed one the readable part."""
    cells: dict[str, Any] = {}
    for name, value in as_json(summary).items():
        if name in _NESTED:
            none = 0.0 if name == "gaps" and _gaps_measured(summary) else None
            labels = dict.fromkeys((*_NESTED[name], *(value or () if name in _OF_EMOTIONS else ())))
            cells |= {f"{name}.{label}": None if value is None else value.get(label, none) for label in labels}
        else:
            cells[name] = value
    return cells


def _gaps_measured(summary: Summary | Sealed) -> bool:
    """Whether a gap that is not named lasted 0 s; the first version measured time without frames, but no reasons."""
    return isinstance(summary, Summary) and (bool(summary.gaps) or not summary.unreadable.get(Unreadable.NO_FRAMES))
