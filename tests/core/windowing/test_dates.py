"""The date of a tick, counted from a summary whose date is right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edge.core.summaries import Summary, date_of_tick
from edge.core.windowing.dates import Dates
from edge.core.windowing.windows import Windows
from tests.fakes import BEGAN, frame, observe


def summary(started_tick_s: float | None = 100.0) -> Summary:
    windows = Windows("kim", 10)
    for tick in range(5):
        windows.add(observe(frame(100.0 + tick)))
    (window, _) = windows.finish()
    return replace(window, started_at=BEGAN, started_tick_s=started_tick_s)


@pytest.mark.parametrize(
    ("recorded_s", "counted_s"),
    [(7.0, 7.0), (7.999, 7.999), (6.001, 6.001), (8.0, 7.0), (6.0, 7.0), (8.5, 7.0), (-3600.0, 7.0)],
)
def test_a_date_that_is_a_second_off_is_counted_anew(recorded_s: float, counted_s: float) -> None:
    recorded = BEGAN + timedelta(seconds=recorded_s)
    assert date_of_tick(107.0, recorded, summary()) == BEGAN + timedelta(seconds=counted_s)


def test_without_ticks_the_recorded_date_stays() -> None:
    recorded = datetime(2016, 1, 1, tzinfo=UTC)
    assert date_of_tick(None, recorded, summary()) == recorded
    assert date_of_tick(107.0, recorded, summary(None)) == recorded


@pytest.mark.parametrize(("off_s", "moved_s"), [(0.999, 0), (-0.999, 0), (1.0, 1.0), (-1.0, -1.0)])
def test_a_clock_that_is_set_by_a_second_moves_the_dates(off_s: float, moved_s: float) -> None:
    dates = Dates(100.0, BEGAN)
    assert dates.step(105.0, BEGAN + timedelta(seconds=5 + off_s)) == timedelta(seconds=moved_s)
    assert dates.at(110.0) == BEGAN + timedelta(seconds=10 + moved_s)
