"""Summaries as JSON and back: types, decimals, dates, and what earlier versions left out."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from edge.core.gaps import Gap
from edge.core.labels import LEVELS, Level
from edge.core.readings import Observation, Reading
from edge.core.summaries import Kind, Summary, as_json, date_of_tick, from_json, utc_moment, utc_text
from edge.core.windowing.windows import Windows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUMMARY = Summary(
    kind=Kind.WINDOW,
    session="kim",
    sequence=3,
    started_at=NOON,
    length_s=2.0,
    frames_read=20,
    frames_dropped=1,
    readable_share=0.75,
    unreadable={"no_face": 0.25},
    emotions={"happy": 1.0},
    levels={level: float(level is Level.EXPRESSIVE) for level in LEVELS},
    score_mean=0.1234567,
    score_sd=-0.0000001,
    level_changes_per_minute=math.nan,
    confidence_mean=None,
    others_max=1,
    others_share=0.5,
)


def test_every_value_is_one_that_json_has() -> None:
    values = as_json(SUMMARY)
    assert {name: type(values[name]) for name in ("kind", "session", "sequence", "length_s", "levels")} == {
        "kind": str,
        "session": str,
        "sequence": int,
        "length_s": float,
        "levels": dict,
    }
    assert {type(label) for label in values["levels"]} == {str}
    assert (values["kind"], values["score_mean"], repr(values["score_sd"])) == ("window", 0.123457, "0.0")
    assert values["level_changes_per_minute"] is values["confidence_mean"] is None
    assert as_json(replace(SUMMARY, emotions={"happy": 2 / 3}))["emotions"] == {"happy": 0.666667}


def test_what_an_earlier_version_did_not_write_has_its_default_and_the_rest_must_be_there() -> None:
    values = as_json(SUMMARY)
    counted_later = ("truncated", "emotion_means", "score_change", "emotion_changes", "insights", "segment")
    for name in ("gaps", "rate_fps", "started_tick_s", "ended_tick_s", "summaries_lost", "limited_s", *counted_later):
        del values[name]
    read = from_json(values)
    assert (read.gaps, read.rate_fps, read.started_tick_s, read.summaries_lost, read.limited_s) == (
        {},
        None,
        None,
        0,
        None,
    )
    assert (read.emotion_means, read.score_change, read.emotion_changes) == (None, None, None)
    for name in values:
        with pytest.raises(KeyError, match=name):
            from_json({other: value for other, value in values.items() if other != name})


def test_shares_are_numbers_with_a_point_and_none_stays_none() -> None:
    read = from_json(as_json(SUMMARY) | {"emotions": None, "unreadable": {"no_face": 1}, "gaps": {"away": 2}})
    assert read.emotions is None
    assert (repr(read.unreadable), repr(read.gaps)) == ("{'no_face': 1.0}", "{'away': 2.0}")
    with pytest.raises(ValueError, match="could not convert"):
        from_json(as_json(SUMMARY) | {"levels": {"reserved": "much"}})


def test_dates_are_of_utc_on_both_sides() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-3)))
    assert utc_text(there) == "2026-03-01T12:00:00.000Z"
    assert utc_text(there, "microseconds") == "2026-03-01T12:00:00.000000Z"
    read = from_json(as_json(SUMMARY) | {"started_at": "2026-03-01T09:00:00-03:00"}).started_at
    assert read is not None
    assert read.isoformat() == "2026-03-01T12:00:00+00:00"
    assert from_json(as_json(SUMMARY) | {"started_at": None}).started_at is None


@pytest.mark.parametrize(("off_s", "counted"), [(0.999, False), (1.0, True), (-0.999, False), (-1.0, True)])
def test_a_date_is_counted_by_ticks_where_it_is_a_second_off(off_s: float, counted: bool) -> None:
    reference = replace(SUMMARY, started_tick_s=100.0)
    right = NOON + timedelta(seconds=20)
    recorded = right + timedelta(seconds=off_s)
    assert date_of_tick(120.0, recorded, reference) == (right if counted else recorded)
    assert date_of_tick(None, recorded, reference) == recorded
    assert date_of_tick(120.0, recorded, SUMMARY) == recorded


def test_a_recording_that_ended_early_stays_so() -> None:
    assert from_json(as_json(replace(SUMMARY, truncated=True))).truncated is True
    assert from_json(as_json(SUMMARY)).truncated is False


def test_shares_of_nothing_as_earlier_versions_wrote_them_are_none() -> None:
    read = from_json(as_json(SUMMARY) | {"emotions": {"happy": 0, "sad": 0}, "levels": {"reserved": 0.0}})
    assert (read.emotions, read.levels) == (None, None)


@pytest.mark.parametrize("written", ["2026-03-01 12:00", " 2026-03-01T12:00:00Z", "2026-03-01 13:30+01:30"])
def test_a_date_that_a_user_wrote_is_of_utc_unless_it_names_a_zone(written: str) -> None:
    assert utc_moment(written).isoformat() == "2026-03-01T12:00:00+00:00"


def seen(tick_s: float) -> Observation:
    reading = Reading(None, (0.0, 0.0, 1.0), 1.0, None, Level.EXPRESSIVE, 1.0)
    return Observation(tick_s, NOON + timedelta(seconds=tick_s), None, 0, reading, None)


def test_a_frame_at_the_tick_of_the_one_before_does_not_shorten_the_last() -> None:
    windows = Windows("s", 10.0)
    for tick_s in (0.0, 0.25, 0.25):
        windows.add(seen(tick_s))
    assert windows.finish()[-1].length_s == 0.5


def test_a_gap_without_time_is_none() -> None:
    windows = Windows("s", 10.0)
    windows.add(seen(0.0))
    windows.slept(0.0)
    windows.absent(0.0, NOON, Gap.CAMERA_LOST)
    assert windows.finish()[-1].gaps == {}


@pytest.mark.parametrize("tick_s", [math.nan, math.inf])
def test_a_tick_that_is_no_time_closes_nothing(tick_s: float) -> None:
    windows = Windows("s", 10.0)
    assert windows.advance(5.0) == []
    windows.add(seen(0.0))
    assert windows.advance(tick_s) == []
