"""The units that are shipped: systemd understands them, and what it thinks of their exposure."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")

UNITS = Path(__file__).resolve().parents[2] / "systemd"
UNIT = (UNITS / "edge-run@.service").read_text()


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The shipped units, with commands that exist on this machine: systemd looks for them."""
    shutil.copytree(UNITS, tmp_path / "units")
    for unit in (tmp_path / "units").glob("*.service"):
        unit.write_text(re.sub("/usr/bin/edge-[a-z-]+", shutil.which("true") or "", unit.read_text()))
    return tmp_path / "units"


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def exposure(unit: Path) -> float:
    said = analyze("security", "--offline=yes", "--no-pager", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found, said
    return float(found[1])


@needs_systemd
@pytest.mark.parametrize(
    "unit",
    [
        "edge-run@0.service",
        "edge-run@pi.service",
        "edge-purge.service",
        "edge-purge.timer",
        "edge-screen@0.service",
        "edge-booth@0.service",
    ],
)
def test_systemd_finds_nothing_to_complain_about(units: Path, unit: str) -> None:
    checked = analyze("verify", "--man=no", units / unit)
    complaints = [line for line in checked.stderr.splitlines() if "edge" in line]
    assert (checked.returncode, complaints) == (0, [])


@needs_systemd
def test_systemd_does_complain_about_a_fault(units: Path) -> None:
    unit = units / "edge-run@.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=sturdy"))
    assert "sturdy" in analyze("verify", "--man=no", units / "edge-run@0.service").stderr


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "most"),
    [
        ("edge-run@0.service", 0.5),
        ("edge-run@pi.service", 0.7),
        ("edge-purge.service", 0.5),
        ("edge-screen@0.service", 0.5),
        ("edge-booth@0.service", 0.5),
    ],
)
def test_little_is_exposed(units: Path, unit: str, most: float) -> None:
    assert 0 < exposure(units / unit) <= most


@needs_systemd
def test_the_pi_camera_gets_more_and_only_the_pi_camera(units: Path) -> None:
    assert exposure(units / "edge-run@0.service") < exposure(units / "edge-run@pi.service")


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify",
        "Restart=on-failure",
        "StartLimitIntervalSec=0",
        "MemorySwapMax=0",
        "LimitCORE=0",
        "StateDirectoryMode=0700",
        "PrivateNetwork=yes",
        "RestrictAddressFamilies=AF_UNIX",
        "SystemCallErrorNumber=EPERM",
    ],
)
def test_what_was_promised_is_in_the_unit(line: str) -> None:
    assert f"\n{line}\n" in UNIT


def test_a_page_runs_as_a_user_who_reaches_nothing_that_is_kept() -> None:
    page, booth = ((UNITS / f"edge-{name}@.service").read_text() for name in ("screen", "booth"))
    assert "\nUser=edge-screen\n" in page
    assert "\nInaccessiblePaths=-/var/lib/edge -/etc/edge\n" in page
    assert "\nStateDirectory=" not in page
    assert "\nUser=edge\n" in booth
    assert "\nSocketGroup=edge-screen\nSocketMode=0660\n" in (UNITS / "edge-booth@.socket").read_text()


def setting(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    return str(value)


def test_a_hang_is_over_within_twelve_seconds() -> None:
    assert sum(float(setting(name)) for name in ("WatchdogSec", "TimeoutAbortSec", "RestartSec")) <= 10  # two to start


def test_the_interpreters_can_see_what_processor_they_run_on() -> None:
    assert "\nProcSubset=" not in UNIT  # without /proc/cpuinfo XNNPACK is seven times slower, and says nothing


def test_a_bad_configuration_is_not_tried_again() -> None:
    assert {"78", "243"} <= {*setting("RestartPreventExitStatus").split()}, "243: a credential whose file is missing"
