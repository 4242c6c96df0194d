"""Insights of sessions whose movements are known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge.core.face.mesh import HeadPose, Mesh
from edge.core.insights.sums import FIGURES
from edge.core.labels import EMOTIONS, LEVELS, SCORE_SD, level_of
from edge.core.readings import Observation, Reading, Unreadable
from edge.core.summaries import Summary, as_json, from_json
from edge.core.windowing.merging import merge
from edge.core.windowing.windows import Windows

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POINTS = np.zeros((468, 3), np.float32)


def mesh(yaw: float = 0.0, pitch: float = 0.0, opening: float = 0.3, smile: float = 0.3) -> Mesh:
    return Mesh(POINTS, 1.0, HeadPose(yaw, pitch, 0.0), opening, opening, 0.0, smile)


def seen(tick_s: float, score: float | None = 0.0, face: Mesh | None = None) -> Observation:
    at = NOON + timedelta(seconds=tick_s)
    if score is None:
        return Observation(tick_s, at, None, 0, None, Unreadable.NO_FACE)
    levels = tuple(0.6 if each is level_of(score) else 0.2 for each in LEVELS)
    emotions = tuple(1 / 7 for _ in EMOTIONS)
    reading = Reading(emotions, levels, score, "happy", level_of(score), 0.6)
    return Observation(tick_s, at, None, 0, reading, None, mesh=face)


def summed(observations: Iterable[Observation], window_s: float = 10.0) -> tuple[list[Summary], Summary]:
    windows = Windows("s", window_s, insights=True)
    closed = [summary for one in observations for summary in windows.add(one)]
    *rest, session = windows.finish()
    return [*closed, *rest], session


def found(observations: Iterable[Observation]) -> dict[str, float]:
    _, session = summed(observations)
    assert session.insights is not None
    return dict(session.insights)


def rising(at_s: float, tick_s: float, length_s: float = 2.0) -> float:
    """A score of 1 for a while, and of 0 before and after."""
    return float(at_s <= tick_s < at_s + length_s)


def test_a_reaction_has_a_beginning_an_amplitude_and_a_time_to_return() -> None:
    ticks = [tick / 10 for tick in range(600)]
    figures = found(seen(tick, rising(20, tick) + rising(40, tick, 4)) for tick in ticks)
    assert (figures["reactions"], figures["reactions_ended"], figures["recoveries"]) == (2, 2, 2)
    assert figures["reactions_per_minute"] == pytest.approx(2)
    assert figures["reaction_amplitude"] == pytest.approx(1, abs=0.01)
    assert figures["recovery_s"] == pytest.approx((2 + 4) / 2, abs=0.11)
    assert not {"attention_share", "engagement", "blinks", "smiles"} & figures.keys(), "these need a mesh"


def test_a_face_that_leaves_ends_a_reaction_without_recovery() -> None:
    away = [seen(tick / 10, None) for tick in range(210, 260)]
    before = [seen(tick / 10, rising(20, tick / 10)) for tick in range(210)]
    figures = found([*before, *away, *(seen(tick / 10) for tick in range(260, 400))])
    assert (figures["reactions"], figures["reactions_ended"], figures["recoveries"]) == (1, 1, 0)
    assert "recovery_s" not in figures


def test_a_face_that_stays_livelier_reacts_once() -> None:
    figures = found(seen(tick / 5, float(tick > 100)) for tick in range(1000))
    assert (figures["reactions"], figures["reactions_ended"], figures["recoveries"]) == (1, 1, 0)


def test_small_movements_are_no_reactions() -> None:
    assert found(seen(tick / 10, 0.5 * rising(20, tick / 10)) for tick in range(600))["reactions"] == 0


@pytest.mark.parametrize(
    ("turned", "share"), [(mesh(yaw=19), 1), (mesh(yaw=-21), 0.5), (mesh(pitch=19), 1), (mesh(pitch=21), 0.5)]
)
def test_attention_is_the_share_of_time_with_the_head_towards_the_camera(turned: Mesh, share: float) -> None:
    figures = found(seen(tick / 10, 0.0, mesh() if tick < 100 else turned) for tick in range(200))
    assert figures["attention_share"] == pytest.approx(share)
    assert figures["mesh_s"] == pytest.approx(20)


def test_engagement_is_the_geometric_mean_of_attention_and_variability() -> None:
    scores = [0.25 if tick % 2 else -0.25 for tick in range(200)]
    figures = found(seen(tick / 10, score, mesh(yaw=30.0 * (tick >= 100))) for tick, score in enumerate(scores))
    assert figures["expressive_variability"] == pytest.approx(0.25 / SCORE_SD, abs=1e-3)
    assert figures["engagement"] == pytest.approx((0.5 * 0.25 / SCORE_SD) ** 0.5, abs=1e-3)


def closing(tick_s: float, at_s: Iterable[float], length_s: float) -> Mesh:
    return mesh(opening=0.1 if any(at <= tick_s < at + length_s for at in at_s) else 0.3)


def test_blinks_are_counted_and_closed_eyes_are_not() -> None:
    blinks = found(seen(tick / 30, 0.0, closing(tick / 30, (5, 10, 15, 22), 0.2)) for tick in range(900))
    assert blinks["blinks"] == 4
    assert blinks["blink_s"] == pytest.approx(30, abs=0.1)
    assert blinks["blinks_per_minute"] == pytest.approx(8, abs=0.1)
    assert found(seen(tick / 30, 0.0, closing(tick / 30, (5,), 2.0)) for tick in range(600))["blinks"] == 0


def test_too_few_frames_or_a_head_turned_away_give_no_blinks() -> None:
    slow = found(seen(tick / 10, 0.0, closing(tick / 10, (5, 10), 0.2)) for tick in range(200))
    assert not {"blinks", "blink_s", "blinks_per_minute"} & slow.keys()
    assert "blinks" not in found(seen(tick / 30, 0.0, mesh(yaw=40)) for tick in range(300))


def test_smiles_last_half_a_second_or_more() -> None:
    def smiling(tick_s: float) -> Mesh:
        return mesh(smile=0.5 if 5 <= tick_s < 8 or 12 <= tick_s < 12.3 else 0.3)

    figures = found(seen(tick / 10, 0.0, smiling(tick / 10)) for tick in range(200))
    assert figures["smiles"] == 1
    assert figures["smiles_per_minute"] == pytest.approx(3)
    assert figures["smiling_share"] == pytest.approx(3 / 20, abs=0.006)


def test_windows_add_up_to_the_session_and_survive_json() -> None:
    def face(tick: int) -> Mesh | None:
        moved = mesh(25.0 * (tick % 90 < 30), 0.0, 0.1 if tick % 100 < 5 else 0.3, 0.5 if tick % 400 < 60 else 0.3)
        return None if 700 <= tick < 730 else moved

    every = [seen(tick / 30, 1.2 * rising(8, tick / 30, 5) + tick % 7 / 20, face(tick)) for tick in range(1350)]
    every[900:] = [replace(one, stress=0.2 + one.tick_s / 100) for one in every[900:]]
    windows, session = summed(every)
    assert session.insights is not None
    assert set(session.insights) == set(FIGURES), "each of them was measured"
    assert [window.insights is not None for window in windows] == [True] * 5
    again = [from_json(as_json(window)) for window in windows]
    assert merge(again).insights == pytest.approx(session.insights, abs=1e-3)
    assert list(session.insights) == list(FIGURES)


def test_they_are_absent_where_they_are_not_asked_for() -> None:
    windows = Windows("s", 10.0)
    windows.add(seen(0.0, 0.0, mesh()))
    assert {summary.insights for summary in windows.finish(5.0)} == {None}
