"""A camera that is absent, lost, busy or hanging: the session lives, says so, and invents nothing."""

from datetime import timedelta
from itertools import pairwise
from threading import Event
from typing import Any

import pytest

from edge.core.backoff import backoff
from edge.core.errors import DeviceUnavailable
from edge.core.gaps import Gap
from edge.core.sessions import SessionRecord, SessionState
from edge.core.summaries import Summary
from edge.run.heartbeat import Heartbeat
from edge.run.pace import Pace
from tests.fakes import BEGAN, Hands, Hanging, Manager, Memory, Scripted, observe, record

LOST = DeviceUnavailable("/dev/video7 does not exist: no camera is connected there.", fix="Connect a camera.")


def unavailable(gap: Gap, kind: type[DeviceUnavailable] = DeviceUnavailable) -> DeviceUnavailable:
    return kind(f"Camera 7: {gap.value}.", fix="Mend it.", gap=gap)


class Booth:
    """A session that is patient, on a clock moved by hand."""

    def __init__(self, *turns: tuple[int, Exception | None], **given: Any) -> None:
        self.clock = Hands()
        self.source = Scripted(self.clock, list(turns))
        self.memory, self.manager = Memory(), Manager(clock=self.clock)
        heartbeat = Heartbeat("camera 7", self.manager, clock=self.clock)
        self.run = lambda **more: record(
            "a",
            self.source,
            observe,
            self.memory,
            stop=Event(),
            patient=True,
            clock=self.clock,
            waits=backoff,
            heartbeat=heartbeat,
            **given,
            **more,
        )

    def whole(self) -> Summary:
        whole = self.run()
        assert whole is not None
        return whole


def test_a_camera_that_is_not_there_yet_is_waited_for_and_no_session_begins_without_it() -> None:
    booth = Booth(*[(0, LOST)] * 8, (20, None))
    whole = booth.whole()
    waits = [later - earlier for earlier, later in pairwise(booth.source.opened_at)]
    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])
    (began,) = booth.memory.began
    assert began is not None
    assert (began - BEGAN).total_seconds() == pytest.approx(sum(waits), abs=0.2), "with its first frame"
    assert whole.length_s == pytest.approx(2, abs=0.2)
    assert whole.gaps == {}
    ready = booth.manager.messages.index("READY")
    assert all("Waiting for camera 7: /dev/video7 does not exist" in line for line in booth.manager.messages[:ready])
    assert "Next try in 30 s" in "".join(booth.manager.messages[:ready])
    assert booth.manager.messages[ready + 1].startswith("Watching camera 7")


def test_by_hand_a_camera_that_is_not_there_is_said_at_once() -> None:
    clock = Hands()
    with pytest.raises(DeviceUnavailable, match="does not exist"):
        record("a", Scripted(clock, [(0, LOST)]), observe, Memory(), stop=Event(), clock=clock)
    assert clock.waited == []


def test_the_watchdog_is_fed_while_a_camera_is_waited_for() -> None:
    booth = Booth((5, LOST), *[(0, LOST)] * 6, (5, None))
    booth.whole()
    assert max(later - earlier for earlier, later in pairwise(booth.manager.alive_at)) < 1


def test_the_watchdog_is_not_fed_while_a_driver_hangs() -> None:
    booth = Booth((5, unavailable(Gap.CAMERA_STALLED, Hanging)), (0, unavailable(Gap.CAMERA_STALLED, Hanging)))
    booth.run()
    assert len(booth.manager.alive_at) == 5
    assert booth.clock.tick - booth.manager.alive_at[-1] > 2.9


@pytest.mark.parametrize("gap", [gap for gap in Gap if gap.value.startswith("camera")])
def test_a_gap_says_why_and_counts_as_no_level(gap: Gap) -> None:
    booth = Booth((20, unavailable(gap)), (0, unavailable(gap)), (20, None), window_s=1)
    whole = booth.whole()
    assert len(booth.memory.began) == 1, "the same session goes on"
    assert list(whole.gaps) == [gap.value]
    assert whole.gaps[gap.value] == pytest.approx(3, abs=0.2)
    assert whole.gaps[gap.value] == pytest.approx(whole.unreadable["no_frames"] * whole.length_s)
    assert whole.readable_share * whole.length_s == pytest.approx(4, abs=0.2)
    assert whole.levels == {"reserved": 0, "balanced": 0, "expressive": 1}
    assert sum(window.gaps.get(gap.value, 0) for window in booth.memory.windows) == pytest.approx(whole.gaps[gap.value])


def test_a_camera_that_soon_goes_again_is_tried_ever_more_seldom_and_one_that_stayed_at_once() -> None:
    booth = Booth(*[(3, LOST)] * 4, (80, LOST), (3, LOST), (3, None))
    booth.whole()
    away = [later - earlier for earlier, later in pairwise(booth.source.opened_at)]
    assert away == pytest.approx([1.3, 2.3, 4.3, 8.3, 9, 2.3], abs=0.01)


def test_the_status_is_said_once_a_second_and_at_once_where_it_changed() -> None:
    booth = Booth((30, LOST), (30, None))
    booth.whole()
    watching = [line for line in booth.manager.messages if line.startswith("Watching")]
    assert 6 <= len(watching) <= 8
    assert "10.0 frames a second" in watching[2]
    waiting = [line for line in booth.manager.messages if line.startswith("Waiting")]
    assert len(waiting) == 1
    assert booth.manager.messages[-2:] == ["STOPPING", "Ending."]


def test_troubles_of_the_journal_are_in_the_status_and_it_is_given_time() -> None:
    clock, memory, manager = Hands(), Memory(), Manager()
    heartbeat = Heartbeat("camera 7", manager, troubles=lambda: "3 summaries wait, the disk is full", clock=clock)
    record("a", Scripted(clock, [(55, None)]), observe, memory, stop=Event(), clock=clock, heartbeat=heartbeat)
    assert "frames a second. 3 summaries wait, the disk is full" in manager.messages[2]
    assert 5 <= memory.caught_up <= 7


def test_a_machine_that_slept_says_so_and_adds_no_time() -> None:
    booth = Booth((100, None))

    def sleep() -> None:
        booth.clock.asleep += 7200
        booth.clock.date += timedelta(hours=2)

    booth.source.moves[50] = sleep
    whole = booth.whole()
    assert whole.gaps == {"suspended": 7200}
    assert whole.length_s == pytest.approx(10, abs=0.2)
    assert whole.readable_share == 1
    assert whole.started_at is not None
    assert (whole.started_at - BEGAN).total_seconds() == pytest.approx(0, abs=0.2)
    kept = SessionRecord(1, "a", SessionState.COMPLETE, whole.started_at, 10, "0", None, 1, whole)
    assert kept.ended_at is not None
    assert (kept.ended_at - booth.clock.date).total_seconds() == pytest.approx(0, abs=0.2)


def test_a_clock_that_is_put_right_during_a_session_dates_it_right() -> None:
    booth = Booth((100, None), window_s=4)
    booth.clock.date = BEGAN.replace(year=2016)

    def put_right() -> None:
        booth.clock.date = BEGAN

    booth.source.moves[50] = put_right
    whole = booth.whole()
    assert whole.started_at is not None
    assert (whole.started_at - BEGAN).total_seconds() == pytest.approx(-5, abs=0.2)
    assert [window.started_at and window.started_at.year for window in booth.memory.windows] == [2016, 2026, 2026]
    assert [window.length_s for window in booth.memory.windows[:2]] == [4, 4]
    assert [window.sequence for window in booth.memory.windows] == [0, 1, 2]


def test_a_slow_rate_is_a_deliberate_wait() -> None:
    booth = Booth((4, None), pace=Pace(0.1))
    booth.whole()
    assert max(later - earlier for earlier, later in pairwise(booth.manager.alive_at)) < 1
