"""The checkup of a service, from the health that its last run noted."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from edge.checks.finding import Finding
from edge.checks.service_health import check_service
from edge.core.errors import DeviceUnavailable
from edge.run.health import HealthFile, State, health_path, read_health, recorded_end
from tests.fakes import BEGAN, Hands


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def found(journal: Path, later_s: float = 0) -> dict[str, Finding]:
    return {one.check: one for one in check_service(journal, BEGAN + timedelta(seconds=later_s))}


def test_without_a_run_there_is_nothing_to_report(journal: Path) -> None:
    assert not found(journal)["service"].ok


def test_a_run_that_watches_is_sound_until_it_falls_silent(journal: Path) -> None:
    clock = Hands()
    health = HealthFile(health_path(journal), "camera 7", clock)
    clock.move(6)
    health.update(State.WATCHING, "Watching camera 7.", 29.96)
    sound = found(journal, 10)
    assert sound["service"].ok
    assert sound["pictures"].found.startswith("30 frames a second")
    assert not found(journal, 400)["service"].ok


def test_a_camera_that_is_waited_for_is_essential(journal: Path) -> None:
    clock = Hands()
    health = HealthFile(health_path(journal), "camera 7", clock)
    assert found(journal)["pictures"].found == "none yet"
    health.update(State.WAITING, "Waiting for camera 7.", None)
    assert not found(journal, 10)["pictures"].ok
    clock.move(6)
    health.update(State.ENDING, "Ending.", None)
    health.ended("it was interrupted", 0)
    sound = found(journal, 10)
    assert sound["service"].ok
    assert not sound["pictures"].ok, "it saw nothing when it ended"


def test_how_a_run_ended_is_reported_and_counted_by_the_next(journal: Path) -> None:
    path = health_path(journal)
    with pytest.raises(DeviceUnavailable), recorded_end(HealthFile(path, "camera 7", Hands())):
        raise DeviceUnavailable("Camera 7 burns.", fix="Put it out.")
    assert "ended with 69: Camera 7 burns." in found(journal)["service"].found
    assert not found(journal)["service"].ok
    HealthFile(path, "camera 7", Hands())
    reported = read_health(path)
    assert reported is not None
    assert (reported.restarts, reported.before) == (1, "Camera 7 burns.")
    with recorded_end(HealthFile(path, "camera 7", Hands())):
        pass
    HealthFile(path, "camera 7", Hands())
    after = read_health(path)
    assert after is not None
    assert after.restarts == 0


def test_a_killed_run_and_half_a_file_are_reported(journal: Path) -> None:
    path = health_path(journal)
    HealthFile(path, "camera 7", Hands())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"process": 2**22 + 1}))
    assert "was killed" in found(journal)["service"].found
    path.write_text('{"source": "cam')
    assert read_health(path) is None


def written(path: Path) -> str:
    """When the file was last written, by the clock that is moved by hand; a replaced file may get its inode again."""
    health = read_health(path)
    assert health is not None
    return health.updated_at


def test_health_is_written_once_a_minute_and_after_a_change(journal: Path) -> None:
    clock, path = Hands(), health_path(journal)
    health = HealthFile(path, "camera 7", clock)
    times = []
    for _ in range(250):
        clock.move(1)
        health.update(State.WATCHING, "Watching.", 30.0)
        times.append(written(path))
    assert [times.index(time) for time in sorted(set(times))] == [0, 60, 120, 180, 240]
    for _ in range(5):
        clock.move(1)
        health.update(State.WAITING, "Waiting for camera 7.", None)
    state = read_health(path)
    assert state is not None
    assert (state.state, state.absences) == (State.WAITING, 1)


def test_a_state_that_changes_all_the_time_is_written_every_five_seconds(journal: Path) -> None:
    clock, path = Hands(), health_path(journal)
    health = HealthFile(path, "camera 7", clock)
    times = []
    for second in range(60):
        clock.move(1)
        health.update(State.WAITING if second % 2 else State.WATCHING, "Now and then.", None)
        times.append(written(path))
    assert len(set(times)) <= 13


def test_the_end_is_written_at_once(journal: Path) -> None:
    clock, path = Hands(), health_path(journal)
    health = HealthFile(path, "camera 7", clock)
    health.update(State.WATCHING, "Watching.", 30.0)
    clock.move(1)
    health.ended("it was interrupted", 0)
    ended = read_health(path)
    assert ended is not None
    assert (ended.state, ended.exit_code) == (State.ENDED, 0)


def test_failures_are_left_behind_after_an_hour_of_watching(journal: Path) -> None:
    path, clock = health_path(journal), Hands()
    HealthFile(path, "camera 7", clock)  # killed
    health = HealthFile(path, "camera 7", clock)
    clock.move(6)
    health.update(State.WATCHING, "Watching camera 7.", 30)
    assert not found(journal)["restarts"].ok
    clock.move(3600)
    health.update(State.WATCHING, "Watching camera 7.", 30)
    assert found(journal, 3600)["restarts"].ok
