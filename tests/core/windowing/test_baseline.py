"""Mean probabilities of the emotions, and the comparison with the beginning of a session."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.labels import EMOTIONS, LEVELS, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary, as_json, from_json
from edge.core.windowing.baseline import BaselineTime
from edge.core.windowing.merging import merge
from edge.core.windowing.windows import Windows
from edge.display.messages import closing_message
from tests.fakes import compose

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def seen(tick_s: float, score: float | None, happy: float | None = 0.25) -> Observation:
    at = NOON + timedelta(seconds=tick_s)
    if score is None:
        return Observation(tick_s, at, None, 0, None, Unreadable.NO_FACE)
    levels = tuple(0.6 if each is level_of(score) else 0.2 for each in LEVELS)
    rest = (1 - (happy or 0)) / 6
    emotions = None if happy is None else tuple(happy if each == "happy" else rest for each in EMOTIONS)
    emotion = None if emotions is None else EMOTIONS[emotions.index(max(emotions))]
    return Observation(tick_s, at, None, 0, Reading(emotions, levels, score, emotion, level_of(score), 0.6), None)


def summed(
    observations: list[Observation], baseline_s: float | None, *, emotions: bool = True
) -> tuple[list[Summary], Summary]:
    windows = Windows("s", 10.0, emotions=emotions, baseline_s=baseline_s)
    closed = [summary for one in observations for summary in windows.add(one)]
    *rest, session = windows.finish()
    return [*closed, *rest], session


def test_emotions_are_counted_in_two_ways() -> None:
    smiles = [seen(tick / 10, 0.5, 0.55) for tick in range(50)] + [seen(5 + tick / 10, 0.5, 0.85) for tick in range(50)]
    (window,), session = summed(smiles, None)
    for summary in (window, session):
        assert summary.emotions is not None
        assert summary.emotion_means is not None
        assert summary.emotions["happy"] == 1
        assert summary.emotion_means["happy"] == pytest.approx(0.7)
        assert sum(summary.emotion_means.values()) == pytest.approx(1)
        assert (summary.score_change, summary.emotion_changes) == (None, None)


def test_later_summaries_are_compared_with_the_medians_of_the_first_readable_seconds() -> None:
    away = [seen(tick / 10, None) for tick in range(40)]
    at_ease = [seen(4 + tick / 10, 3.0 if tick < 10 else -0.5, 0.1) for tick in range(60)]  # one second of a laugh
    lively = [seen(10 + tick / 10, 0.25, 0.7) for tick in range(100)]
    windows, session = summed([*away, *at_ease, *lively], 5.0)
    before, after = windows
    assert after.score_change == pytest.approx(0.75)
    assert after.emotion_changes is not None
    assert after.emotion_changes["happy"] == pytest.approx(0.6)
    assert sum(after.emotion_changes.values()) == pytest.approx(0)
    assert before.score_mean is not None
    assert before.score_change == pytest.approx(before.score_mean + 0.5)
    merged = merge(windows)
    assert merged.score_change == pytest.approx(session.score_change)
    assert merged.emotion_changes == pytest.approx(session.emotion_changes)
    assert from_json(as_json(after)) == from_json(as_json(from_json(as_json(after))))


def test_before_the_baseline_is_complete_nothing_is_compared() -> None:
    windows, session = summed([seen(tick / 10, 0.0) for tick in range(250)], 15.0)
    assert [window.score_change is None for window in windows] == [True, False, False]
    assert session.score_change == pytest.approx(0)


def test_too_few_readable_seconds_are_said_and_not_used() -> None:
    windows, session = summed([seen(tick / 10, 0.0 if tick < 80 else None) for tick in range(200)], 30.0)
    assert {summary.score_change for summary in (*windows, session)} == {None}
    text = closing_message(session, Path("j"), baseline_s=30.0)
    assert "No baseline was used: it needs 30 s in which a face can be read, and there were 8.0 s." in text
    assert "baseline" not in closing_message(session, Path("j"))


def test_for_an_assessment_the_score_alone_is_compared() -> None:
    windows, _ = summed([seen(tick / 10, 0.0, None) for tick in range(200)], 5.0, emotions=False)
    assert [window.score_change for window in windows] == pytest.approx([0, 0])
    assert {window.emotion_means is None and window.emotion_changes is None for window in windows} == {True}


def median_of(scores: list[float], each_s: float) -> float:
    time = BaselineTime(len(scores) * each_s)
    *missing, baseline = [time.add(compose(None, score), each_s) for score in scores]
    assert missing == [None] * (len(scores) - 1), "not before its time"
    assert baseline is not None
    assert baseline.emotions is None
    return baseline.score


@pytest.mark.parametrize("each_s", [0.1, 1.0])
@pytest.mark.parametrize(
    ("scores", "median"), [([3, 1, 2], 2), ([1, 2], 1), ([5, 4, 3, 2, 1], 3), ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 4)]
)
def test_a_baseline_is_the_lower_median_at_its_time(scores: list[float], median: float, each_s: float) -> None:
    assert median_of(scores, each_s) == median


def test_readings_count_by_their_time() -> None:
    time = BaselineTime(10.0)
    assert time.add(compose(None, 0.0), 4.0) is time.add(compose(None, 1.0), 0.5) is None
    baseline = time.add(compose(None, 2.0), 5.5)
    assert baseline is not None
    assert baseline.score == 2.0


def test_one_reading_without_emotions_leaves_a_baseline_without_them_unless_it_took_no_time() -> None:
    known, without = compose((0.4, *(0.1,) * 6), 0.0), compose(None, 0.0)
    for time_s, emotions in ((0.0, known.emotions), (1.0, None)):
        time = BaselineTime(2.0 + time_s)
        time.add(without, time_s)
        baseline = time.add(known, 2.0)
        assert baseline is not None
        assert baseline.emotions == emotions
