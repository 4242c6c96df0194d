"""Segments of a session: from one marker to the next, with figures of their own."""

import pytest

from edge.core.labels import Level
from edge.core.readings import Observation
from edge.core.summaries import Kind, Summary
from edge.core.windowing.segments import Mark
from edge.core.windowing.windows import Windows
from tests.fakes import BEGAN, face, reading


def observed(marks: dict[int, str | None]) -> list[Summary]:
    """Ten seconds, expressive from the fifth on, in windows of 4 s, with marks before the frames of some seconds."""
    windows, closed = Windows("s", 4.0), []
    for second in range(10):
        level = Level.EXPRESSIVE if second >= 5 else Level.RESERVED
        windows.start(float(second), BEGAN)
        if second in marks:
            closed += windows.mark(Mark(float(second), marks[second]))
        closed += windows.add(Observation(float(second), BEGAN, face(100), 0, reading(level), None))
    return closed + windows.finish()


def test_a_segment_lasts_to_the_next_marker_and_the_last_to_the_end() -> None:
    summaries = observed({0: "Q1", 5: "Q2"})
    first, second = (each for each in summaries if each.kind is Kind.SEGMENT)
    assert (first.segment, first.sequence, first.started_tick_s, first.length_s) == ("Q1", 0, 0.0, 5.0)
    assert (second.segment, second.sequence, second.started_tick_s, second.length_s) == ("Q2", 1, 5.0, 5.0)
    assert first.levels is not None
    assert second.levels is not None
    assert (first.levels["reserved"], second.levels["expressive"]) == (1.0, 1.0)
    session = summaries[-1]
    assert (session.kind, session.segment) == (Kind.SESSION, None)
    assert session.frames_read == first.frames_read + second.frames_read == 10


def test_a_window_belongs_to_the_segment_in_which_it_begins() -> None:
    windows = [each for each in observed({2: "Q1", 5: "Q2", 7: None}) if each.kind is Kind.WINDOW]
    assert [each.segment for each in windows] == [None, "Q1", None]
    assert [each.length_s for each in windows] == [4.0, 4.0, 2.0]


@pytest.mark.parametrize("marks", [{}, {3: "Q1"}, {3: "Q1", 4: "Q2", 9: None}])
def test_windows_and_session_are_the_same_with_and_without_segments(marks: dict[int, str | None]) -> None:
    def figures(summaries: list[Summary]) -> list[tuple[object, ...]]:
        kept = [each for each in summaries if each.kind is not Kind.SEGMENT]
        return [(each.kind, each.length_s, each.frames_read, each.levels, each.score_mean) for each in kept]

    assert figures(observed(marks)) == figures(observed({}))
