"""Absence: a session that was consented to ends once no face was seen for some time, and not sooner."""

from threading import Event

import pytest

from edge.core.errors import DeviceUnavailable
from edge.core.frames import Frame
from edge.core.readings import Observation, Unreadable
from edge.run.absence import Absence
from edge.run.session import Session, run_session
from tests.fakes import Hands, Scripted, observe


def nobody(seen: Frame) -> Observation:
    return Observation(seen.tick_s, seen.taken_at, None, 0, None, Unreadable.NO_FACE)


def ended_after(turns: list[tuple[int, Exception | None]], absent: range = range(0), asleep_at: int = -1) -> float:
    """Seconds until a session with a most absence of 20 s ended; the frames with these numbers show no face."""
    clock, over = Hands(), Event()
    source = Scripted(clock, turns, every_s=1.0)

    def seen(frame: Frame) -> Observation:
        if source.frames == asleep_at:
            clock.asleep += 60
        return nobody(frame) if source.frames in absent else observe(frame)

    session = Session("kim", source, seen, stop=over, window_s=5.0, clock=clock, patient=True)
    run_session(session, [Absence(20, over, clock)])
    return clock.tick - 1000


@pytest.mark.parametrize(
    ("turns", "absent", "asleep_at", "seconds"),
    [
        ([(90, None)], range(0), -1, 90),  # present throughout
        ([(90, None)], range(10, 28), -1, 90),  # away for a moment
        ([(90, None)], range(10, 80), -1, 29),  # the last face was in frame 9
        ([(90, None)], range(0, 99), -1, 20),  # from the beginning
        ([(90, None)], range(0), 40, 40),  # the machine was suspended
    ],
)
def test_a_session_ends_with_the_absence_of_its_participant(turns, absent, asleep_at, seconds) -> None:
    assert ended_after(turns, absent, asleep_at) == pytest.approx(seconds, abs=1.01)


def test_a_camera_that_is_away_leaves_it_open_who_sits_there(caplog: pytest.LogCaptureFixture) -> None:
    away = DeviceUnavailable("Camera 7 is not there.", fix="Plug it in.")
    assert 25 <= ended_after([(5, away), *[(0, away)] * 20]) < 40
    assert "The session ends: no face was seen for 20 s." in caplog.text
