"""Heat and slow work: read from the machine's own files, and answered by reading fewer frames, in steps."""

from pathlib import Path
from threading import Event

import pytest

from edge.host.thermal import Heat, Thermometer
from edge.run.pace import Pace
from tests.fakes import Hands, Memory, Scripted, observe, record

COOL, WARM, HOT = Heat(50.0), Heat(70.0), Heat(78.0)


def zone(root: Path, number: int, kind: str, degrees: float, *trips: tuple[str, float]) -> None:
    folder = root / "class" / "thermal" / f"thermal_zone{number}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(f"{degrees * 1000:.0f}\n")
    for place, (trip, at) in enumerate(trips):
        (folder / f"trip_point_{place}_type").write_text(f"{trip}\n")
        (folder / f"trip_point_{place}_temp").write_text(f"{at * 1000:.0f}\n")


def firmware(root: Path, answer: str) -> None:
    folder = root / "devices" / "platform" / "soc" / "soc:firmware"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "get_throttled").write_text(answer)


def test_a_machine_without_sensors_is_never_hot(tmp_path: Path) -> None:
    heat = Thermometer(tmp_path, None)()
    assert (heat.temperature_c, heat.hot, heat.cool) == (None, False, True)


@pytest.mark.parametrize(
    ("degrees", "hot", "cool"), [(60, False, True), (67.9, False, True), (69, False, False), (75, True, False)]
)
def test_a_raspberry_pi_is_hot_near_to_where_it_slows_down(
    tmp_path: Path, degrees: float, hot: bool, cool: bool
) -> None:
    zone(tmp_path, 0, "cpu-thermal", degrees, ("active", 50), ("active", 60), ("critical", 110))
    heat = Thermometer(tmp_path, None)()
    assert (heat.limit_c, heat.hot, heat.cool) == (80, hot, cool)


def test_the_zone_nearest_to_its_limit_counts_and_only_the_processors(tmp_path: Path) -> None:
    zone(tmp_path, 0, "iwlwifi", 99, ("passive", 70))
    zone(tmp_path, 1, "x86_pkg_temp", 70, ("passive", -274), ("passive", 0), ("passive", 100))
    zone(tmp_path, 2, "acpitz", 65, ("critical", 90))
    heat = Thermometer(tmp_path, None)()
    assert (heat.temperature_c, heat.limit_c) == (65, 75)
    (tmp_path / "class" / "thermal" / "thermal_zone2" / "temp").write_text("broken")
    heat = Thermometer(tmp_path, None)()
    assert (heat.temperature_c, heat.limit_c, heat.hot) == (70, 100, False)


@pytest.mark.parametrize(("answer", "throttled"), [("0\n", False), ("50000\n", False), ("50005\n", True), ("8", True)])
def test_the_firmware_is_believed_about_now_and_not_about_earlier(tmp_path: Path, answer: str, throttled: bool) -> None:
    firmware(tmp_path, answer)
    heat = Thermometer(tmp_path, None)()
    assert (heat.throttled, heat.hot, heat.cool) == (throttled, throttled, not throttled)


def test_vcgencmd_is_run_where_the_kernel_does_not_report(tmp_path: Path) -> None:
    tool = tmp_path / "vcgencmd"
    tool.write_text("#!/bin/sh\necho throttled=0x$1 | sed s/get_throttled/50004/\n")
    tool.chmod(0o755)
    assert Thermometer(tmp_path, str(tool))().throttled
    tool.write_text("#!/bin/sh\nexit 1\n")
    assert not Thermometer(tmp_path, str(tool))().throttled
    assert not Thermometer(tmp_path, str(tmp_path / "none"))().throttled


class Machine:
    """A pace with a clock of its own; frames are read at the rate that it sets."""

    def __init__(self, most_fps: float | None, heat: Heat = COOL, work_s: float = 0.01) -> None:
        self.heat, self.work_s, self.tick_s = heat, work_s, 0.0
        self.pace = Pace(most_fps, lambda: self.heat)

    def after(self, time_s: float) -> float | None:
        until_s = self.tick_s + time_s
        while self.tick_s < until_s:
            self.tick_s += max(self.pace.every_s or 1 / 30, self.work_s)
            self.pace.worked(self.work_s, self.tick_s)
        return self.pace.rate_fps


def test_a_cool_and_quick_machine_reads_at_the_rate_that_was_set() -> None:
    for most_fps in (None, 12.0):
        machine = Machine(most_fps)
        assert machine.after(120) == most_fps
        assert not machine.pace.slowed


def test_heat_lowers_the_rate_in_steps_and_coolness_raises_it_later() -> None:
    machine = Machine(30.0, HOT)
    rates = [machine.after(5.2) for _ in range(4)]
    assert rates == pytest.approx([25, 20, 15, 10])
    machine.heat = WARM
    assert [machine.after(60) for _ in range(3)] == pytest.approx([10, 10, 10]), "neither hot nor cool: nothing changes"
    machine.heat = COOL
    assert machine.after(20) == pytest.approx(10), "not at once"
    assert machine.after(20) == pytest.approx(15)
    assert machine.after(200) == pytest.approx(30)


def test_however_hot_some_frames_are_read() -> None:
    assert Machine(30.0, HOT).after(1000) == pytest.approx(3)


def test_a_throttled_machine_reads_less(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(None, Heat(None, throttled=True))
    assert machine.after(6) == pytest.approx(25)
    assert caplog.messages == ["Reading at most 25 frames a second: the firmware slows the processor down."]


def test_work_that_takes_longer_than_its_slot_lowers_the_rate_until_it_fits() -> None:
    machine = Machine(30.0, work_s=0.07)
    rate_fps = machine.after(6)
    assert rate_fps is not None
    assert rate_fps * machine.work_s < 1
    assert machine.after(120) == rate_fps, "it does not swing"
    machine.work_s = 0.01
    assert machine.after(200) == 30


def test_the_rate_in_force_is_in_the_summary() -> None:
    clock, memory = Hands(), Memory()
    source = Scripted(clock, [(3000, None)], every_s=0.01)
    record(
        "a",
        source,
        observe,
        memory,
        stop=Event(),
        clock=clock,
        window_s=4,
        pace=Pace(20.0, lambda: HOT),
    )
    rates = [window.rate_fps or 0 for window in memory.windows]
    assert rates[0] == pytest.approx(20)
    assert rates[-1] < 10
    assert rates == sorted(rates, reverse=True)
