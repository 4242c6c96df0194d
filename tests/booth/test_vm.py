"""A camera at /dev/video0, by the kernel's own driver for tests, and a service that watches it in its whole sandbox.

The computer may be an emulated one, ten times slower: what looks at pictures is left out but where the whole program
matters, and starts may take longer.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booth.machines.container import TREE, wait
from tests.booth.machines.installed import installing_line, unasked
from tests.booth.machines.services import PYTHON, Service
from tests.booth.machines.vm import Computer, computer, disk

from .conftest import Measured, needs

pytestmark = [pytest.mark.root, pytest.mark.timeout(3600)]

CAMERA = "modprobe vivid n_devs=1 node_types=0x1 input_types=0x00; udevadm settle"
PATIENT = """[Service]
TimeoutStartSec=900
WatchdogSec=120
"""
DROP_IN = f"""{PATIENT}ExecStart=
ExecStart={PYTHON} /opt/no_networks.py --config /etc/edge/edge.toml --camera %i \
 --journal %S/edge/%i/journal.sqlite --quiet
"""


@pytest.fixture(scope="module")
def booth(debian_with_edge: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    """A computer with a camera, on which the page's service was installed."""
    needs("qemu-system-x86_64", "mke2fs")
    with computer(disk(debian_with_edge), tmp_path_factory.mktemp("vm")) as one:
        for path, text in {
            "/opt/no_networks.py": (TREE / "tests/booth/no_networks.py").read_text(),
            "/etc/systemd/system/edge-run@.service.d/slow.conf": DROP_IN,
            "/etc/modules-load.d/camera.conf": "vivid\n",
            "/etc/modprobe.d/camera.conf": "options vivid n_devs=1 node_types=0x1 input_types=0x00\n",
        }.items():
            one.run(f"mkdir -p $(dirname {path}); printf '%s' {shlex.quote(text)} > {path}")
        one.run(CAMERA)
        one.run(unasked())
        one.run(installing_line())
        wait(400, Service(one, "0").watches, "the service sees the camera")
        yield one


@pytest.fixture
def camera(booth: Computer) -> Service:
    """The service, while it sees the camera."""
    service = Service(booth, "0")
    wait(400, lambda: "frames a second" in service.shown("StatusText"), "the service sees the camera")
    return service


def test_it_reads_a_real_camera_in_its_whole_sandbox(booth: Computer, camera: Service) -> None:
    assert camera.watches()
    assert int(camera.shown("MemoryMax")) == 768 * 2**20  # a limit that this kernel keeps
    assert 0 < int(camera.shown("MemoryCurrent")) < 400e6
    assert booth.run(f"stat -c %U /proc/{camera.process}") == "edge"


def test_a_second_one_names_the_process_that_holds_it(booth: Computer, camera: Service) -> None:
    done = booth.ask(f"{PYTHON} /opt/no_networks.py --camera 0 --journal /srv/j.sqlite --quiet", 300)
    assert done.returncode == 69
    assert "/dev/video0 is in use" in done.stderr
    assert camera.watches()


def test_a_stall_is_noticed_and_survived(booth: Computer, camera: Service, measured: Measured) -> None:
    process = camera.process
    booth.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=100")
    noticed_s = wait(60, lambda: "Waiting for" in camera.shown("StatusText"), "the stall is noticed")
    booth.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=0")
    wait(120, lambda: "frames a second" in camera.shown("StatusText"), "frames come again")
    assert camera.process == process
    measured("a real device stalls until that is said (emulated computer)", noticed_s, 15, "s")


def test_unplugged_and_plugged_in_again(booth: Computer, camera: Service) -> None:
    process = camera.process
    booth.run("v4l2-ctl -d /dev/video0 -c disconnect=1")
    wait(60, lambda: "Waiting for" in camera.shown("StatusText"), "the absence is noticed")
    booth.run("cd /sys/bus/platform/drivers/vivid; echo vivid.0 > unbind; sleep 1; echo vivid.0 > bind; udevadm settle")
    wait(120, lambda: "frames a second" in camera.shown("StatusText"), "frames come again")
    assert (camera.process, camera.shown("NRestarts")) == (process, "0")


def test_a_camera_gets_its_name_and_its_service_when_it_is_plugged_in(booth: Computer, camera: Service) -> None:
    pretend = 'SUBSYSTEM==\\"video4linux\\", ENV{ID_BUS}=\\"usb\\", ENV{ID_SERIAL}=\\"Vivid_1A\\", '
    pretend += 'ENV{ID_SERIAL_SHORT}=\\"1A\\"'
    booth.run(f'echo "{pretend}" > /etc/udev/rules.d/69-pretend.rules')
    rule = "/etc/udev/rules.d/71-edge-start.rules"
    booth.run(f"cp /usr/share/edge-expressiveness/71-edge-start.rules {rule}; udevadm control --reload")
    booth.run("systemctl stop edge-run@0")
    booth.run("cd /sys/bus/platform/drivers/vivid; echo vivid.0 > unbind; sleep 1; echo vivid.0 > bind; udevadm settle")
    assert booth.run("readlink -f /dev/edge/camera-Vivid_1A").startswith("/dev/video")
    plugged = Service(booth, "camera-Vivid_1A")
    wait(400, plugged.watches, "the service of the plugged-in camera sees it")
    booth.run(f"rm /etc/udev/rules.d/69-pretend.rules {rule}; systemctl stop {plugged.unit}")
    booth.run("udevadm control --reload; systemctl start --no-block edge-run@0", 300)


def test_apparmor_confines_the_whole_program_and_refuses_it_nothing(booth: Computer, camera: Service) -> None:
    """An emulated processor takes half a minute for a frame in which networks look for faces."""
    drop_in = "/etc/systemd/system/edge-run@.service.d/slow.conf"
    booth.run(
        f"mv {drop_in} /opt/without.conf; printf '%s' {shlex.quote(PATIENT)} > {drop_in}; systemctl daemon-reload"
    )
    before = len(camera.sessions())
    booth.run("dmesg --clear")
    for line in re.findall(r"^\$ sudo (.*apparmor.*)$", (TREE / "docs/kiosk.md").read_text(), re.MULTILINE):
        booth.run(line.replace("sudo ", ""), 300)
    wait(900, lambda: "frames a second" in camera.shown("StatusText"), "the confined program sees the camera")
    assert booth.run(f"cat /proc/{camera.process}/attr/current") == "edge-run (enforce)"
    booth.run(f"systemctl stop {camera.unit}", 300)
    assert len(camera.sessions()) > before
    assert booth.run("dmesg | grep 'apparmor=\"DENIED\"' || true") == ""
    others = ("cat /etc/shadow", "sh -c 'cat /etc/hostname'", f"{PYTHON} -c 'import socket; socket.socket()'")
    for command in others:
        assert "ermission denied" in booth.ask(f"aa-exec -p edge-run -- {command}").stderr, command
    booth.run(
        f"rm /etc/apparmor.d/edge-run; aa-remove-unknown; mv /opt/without.conf {drop_in}; systemctl daemon-reload"
    )
    booth.run(f"systemctl start --no-block {camera.unit}")


def test_a_power_cut_loses_no_committed_window(booth: Computer, camera: Service, measured: Measured) -> None:
    wait(300, lambda: len(camera.sessions()[-1]["windows"]) >= 2, "two windows are committed")
    before = {session["id"]: len(session["windows"]) for session in camera.sessions()}
    booth.pull_the_plug()
    booth.switch_on()
    wait(500, camera.watches, "after the power cut the service starts with the machine")
    kept = {session["id"]: session for session in camera.sessions()}
    lost = sum(
        max(windows - len(kept[name]["windows"]) if name in kept else windows, 0) for name, windows in before.items()
    )
    assert kept[max(before)]["state"] == "interrupted"
    assert camera.sound()
    measured("committed windows lost in a power cut", lost, 0, "")
