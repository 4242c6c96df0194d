"""Sessions of one participant side by side, and means of a study's questions; never a ranking of people."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.core.choices.purpose import Purpose
from edge.core.labels import EMOTIONS, LEVELS
from edge.core.sessions import SessionRecord
from edge.core.summaries import Sealed, Summary
from edge.report.comparing.bootstrap import Estimate, Values, difference, estimate

WindowsOf = Callable[[int], Iterable[Summary | Sealed]]
_Weighed = tuple[Values, Values, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one session or question."""

    figure: str  # as the columns of tables name it
    group: str  # the session or the question
    count: int  # windows, or participants
    value: Estimate
    difference: Estimate | None = None  # from the participant's first session


def figures_of(summary: Summary, *, emotions: bool) -> dict[str, float]:
    """Return the figures that are compared, by the names of their columns; those of readable time only where any was.

    Args:
        summary: Of a window, a segment or a session.
        emotions: Whether those of emotions are compared.
    """
    found = {"readable_share": summary.readable_share}
    if summary.score_mean is not None and summary.levels is not None:
        found["score_mean"] = summary.score_mean
        found |= {f"level_{level.value}_share": summary.levels.get(level.value, 0.0) for level in LEVELS}
    if emotions and summary.emotion_means is not None:
        found |= {f"emotion_{name}_mean": summary.emotion_means.get(name, 0.0) for name in EMOTIONS}
    return found


def emotions_compared(sessions: Iterable[SessionRecord]) -> bool:
    """Return whether emotions are compared: not where a session was an assessment, or its purpose is not known."""
    return all(session.purpose not in (None, Purpose.ASSESSMENT) for session in sessions)


def compare_sessions(sessions: Sequence[SessionRecord], windows_of: WindowsOf) -> list[Compared]:
    """Compare the sessions of one participant with the first of them, figure by figure.

    Intervals are from resampled windows, some neighbours at a time, since they resemble one another.

    Args:
        sessions: In the order of the report.
        windows_of: Returns a session's windows by its id.
    """
    emotions = emotions_compared(sessions)
    weighed = [_weighed(windows_of(session.id), emotions=emotions) for session in sessions]
    compared = []
    for figure in dict.fromkeys(name for each in weighed for name in each):
        base = weighed[0].get(figure)
        for number, (session, figures) in enumerate(zip(sessions, weighed, strict=True)):
            if (own := figures.get(figure)) is not None:
                apart = difference(own, base) if number and base is not None else None
                compared.append(Compared(figure, session.name, len(own[0]), estimate(*own), apart))
    return compared


def compare_groups(summaries: Iterable[tuple[str, str, Summary]], *, emotions: bool) -> list[Compared]:
    """Return the mean of each figure over the participants of each group, whose own means count alike.

    Intervals are from resampled participants.

    Args:
        summaries: Of sessions or segments: the group, the participant, the summary.
        emotions: Whether those of emotions are compared.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for group, participant, summary in summaries:
        for figure, value in figures_of(summary, emotions=emotions).items():
            found[figure][group][participant].append(value)
    return [
        Compared(figure, group, len(people), _of_people(people.values()))
        for figure, groups in found.items()
        for group, people in sorted(groups.items())
    ]


def _of_people(each: Iterable[Sequence[float]]) -> Estimate:
    means = np.array([np.mean(values) for values in each])
    return estimate(means, np.ones(len(means)))


def _weighed(windows: Iterable[Summary | Sealed], *, emotions: bool) -> dict[str, _Weighed]:
    """The values of each figure, their weights by time, and how many neighbours are drawn together."""
    values: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for window in _opened(windows):
        for figure, value in figures_of(window, emotions=emotions).items():
            share = 1.0 if figure == _OF_ALL_TIME else window.readable_share
            values[figure].append((value, window.length_s * share))
    weighed = {}
    for figure, pairs in values.items():
        array = np.array(pairs, np.float64)
        if array[:, 1].sum() > 0:
            weighed[figure] = (array[:, 0], array[:, 1], max(1, round(len(pairs) ** (1 / 3))))
    return weighed


_OF_ALL_TIME: Final = "readable_share"


def _opened(windows: Iterable[Summary | Sealed]) -> Iterator[Summary]:
    return (window for window in windows if isinstance(window, Summary))
