"""The service in a real systemd: started, killed, hung, stopped and misconfigured, in its whole sandbox.

The source is the demo: it needs no camera, and everything after it is real. Where a driver has to hang, the camera is
a fake one without faces.
"""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.booth.machines.container import TREE, Container, wait
from tests.booth.machines.services import COMMANDS, PYTHON, Service

from .conftest import Measured

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]

ALWAYS = "--config /etc/edge/edge.toml --journal %S/edge/%i/journal.sqlite --quiet"
DEMO = f"{COMMANDS}/edge-run --source demo {ALWAYS}"
FAKE_RUN = f"{PYTHON} /opt/fake_camera_run.py %S/edge/%i --window 1 {ALWAYS}"


def instance(machine: Container, name: str, command: str) -> Service:
    """The service with another command. Nothing else of it is changed."""
    folder, drop_in = f"/etc/systemd/system/edge-run@{name}.service.d", f"[Service]\nExecStart=\nExecStart={command}\n"
    machine.run(f"mkdir -p {folder}; printf '%s' '{drop_in}' > {folder}/other.conf; systemctl daemon-reload")
    return Service(machine, name)


@pytest.fixture(scope="module")
def demo(machine: Container) -> Service:
    """The service, with the demo in place of a camera."""
    return instance(machine, "demo", DEMO)


@pytest.fixture
def fake(machine: Container) -> Iterator[Service]:
    """The service, watching a fake camera that is plugged in."""
    pretends = (TREE / "tests/cli/run/fake_camera_run.py").read_text()
    machine.run(f"printf '%s' {shlex.quote(pretends)} > /opt/fake_camera_run.py")
    service = instance(machine, "fake", FAKE_RUN)
    machine.run("install -d -o edge -g edge -m 700 /var/lib/edge/fake; rm -f /var/lib/edge/fake/hangs")
    machine.run("sudo -u edge touch /var/lib/edge/fake/video0")
    service.started()
    wait(30, lambda: newest(service)["windows"], "a window is committed")
    yield service
    machine.run(f"rm -f /var/lib/edge/fake/hangs; systemctl stop {service.unit}")


@pytest.fixture
def running(demo: Service) -> Iterator[Service]:
    """The same, after its first frame, started anew."""
    demo.machine.run(f"systemctl stop {demo.unit}; systemctl reset-failed {demo.unit} || true")
    demo.started()
    yield demo
    demo.machine.run(f"systemctl stop {demo.unit}")


def newest(service: Service) -> dict[str, Any]:
    """Its last session."""
    return max(service.sessions(), key=lambda session: int(session["id"]))


def test_it_starts_in_its_sandbox_and_sees_frames(running: Service, measured: Measured) -> None:
    wait(20, lambda: "frames a second" in running.shown("StatusText"), "the status has the rate of frames")
    process = running.process
    status = running.machine.run(f"cat /proc/{process}/status")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    networks = running.machine.run(f"cat /proc/{process}/net/dev").splitlines()[2:]
    assert [line.split(":")[0].strip() for line in networks] == ["lo"]
    inside = f"nsenter -t {process} -m -U --preserve-credentials"
    assert running.machine.ask(f"{inside} touch /usr/trace /etc/trace /home/trace").returncode != 0
    assert running.machine.run("stat -c %a /var/lib/edge /var/lib/edge/demo").split() == ["700", "700"]
    assert set(running.machine.run("find /var/lib/edge/demo -type f -printf '%m\n'").split()) == {"600"}
    resident_mb = int(status.split("VmHWM:")[1].split()[0]) / 1e3
    measured("largest memory of the service", resident_mb, 400, "MB")


def test_start_to_frames(demo: Service, measured: Measured) -> None:
    demo.machine.run(f"systemctl stop {demo.unit}")
    measured("start to first frame", demo.started(), 10, "s")


def test_a_crash_is_over_soon(running: Service, measured: Measured) -> None:
    measured("crash (SIGKILL) to frames again, worst of 5", max(running.back_after("KILL") for _ in range(5)), 5, "s")


def test_a_hang_is_noticed_and_over_soon(running: Service, measured: Measured) -> None:
    replaced_s = []
    for _ in range(3):
        replaced_s.append(running.replaced_after("STOP"))
        wait(60, running.watches, "it sees frames again")
    assert "watchdog" in running.machine.run(f"journalctl -u {running.unit} -n 60 --no-pager").lower()
    measured("hang (SIGSTOP) to started again, worst of 3", max(replaced_s), 12, "s")


def test_a_read_that_never_returns_is_noticed_and_over_soon(fake: Service, measured: Measured) -> None:
    former = fake.process
    fake.machine.run("touch /var/lib/edge/fake/hangs")
    replaced_s = wait(60, lambda: fake.process not in (0, former), "it is started again")
    fake.machine.run("rm /var/lib/edge/fake/hangs")
    wait(60, fake.watches, "it sees frames again")
    log = fake.machine.run(f"journalctl -u {fake.unit} -n 80 --no-pager")
    assert "has delivered no picture for" in log
    assert "in read" in log, "where every thread was"
    measured("a read that never returns to started again", replaced_s, 12, "s")


def ended(service: Service) -> float:
    """Ask it to end, which it does in good order; the seconds that takes."""
    service.machine.run(f"systemctl kill --signal=TERM {service.unit}")
    ended_s = wait(20, lambda: service.shown("ActiveState") == "inactive", "the service has ended")
    assert (service.shown("Result"), service.shown("ExecMainStatus")) == ("success", "0")
    assert newest(service)["state"] == "complete"
    return ended_s


def test_it_ends_in_good_order(running: Service, measured: Measured) -> None:
    wait(30, lambda: newest(running)["windows"], "a window is committed")
    measured("SIGTERM to ended", ended(running), 3, "s")


def test_it_ends_while_a_read_does_not_return(fake: Service, measured: Measured) -> None:
    fake.machine.run("touch /var/lib/edge/fake/hangs; sleep 0.5")
    measured("SIGTERM to ended, while a read does not return", ended(fake), 3, "s")


def test_it_ends_on_a_full_disk(machine: Container, measured: Measured) -> None:
    """A disk of 4 MB, and the reserve on it for the last summaries."""
    service = instance(machine, "full", f"{DEMO} --window 1")
    place = "/var/lib/edge/full"
    machine.run(f"install -d {place}; mount -t tmpfs -o size=4m,mode=700,uid=edge,gid=edge edge {place}")
    service.started()
    wait(30, lambda: newest(service)["windows"], "a window is committed")
    machine.run(f"for size in 4096 1; do dd if=/dev/zero bs=$size status=none >> {place}/other || true; done")
    wait(60, lambda: "summaries wait" in service.shown("StatusText"), "the status says that summaries wait")
    measured("SIGTERM to ended, on a full disk", ended(service), 3, "s")


def test_ten_crashes_in_a_row_do_not_keep_it_down(running: Service, measured: Measured) -> None:
    wait(30, lambda: newest(running)["windows"], "a window is committed")
    committed = {(session["id"], len(session["windows"])) for session in running.sessions()}
    for _ in range(10):
        running.replaced_after("KILL")
    wait(30, running.watches, "it sees frames after ten crashes")
    assert int(running.shown("NRestarts")) >= 10
    assert running.sound()
    kept = {session["id"]: session for session in running.sessions()}
    lost = sum(max(windows - len(kept[session]["windows"]), 0) for session, windows in committed)
    measured("committed windows lost in ten crashes", lost, 0, "")
    states = [session["state"] for session in kept.values()]
    assert states.count("open") == 1  # the one that runs; those that were killed are closed as what they are
    assert "interrupted" in states


def test_a_bad_configuration_is_said_once_and_not_tried_again(running: Service) -> None:
    settings = running.machine.run("cat /etc/edge/edge.toml")
    running.machine.run("echo 'windou = 10' >> /etc/edge/edge.toml")
    try:
        running.machine.run(f"systemctl restart --no-block {running.unit}")
        wait(30, lambda: running.shown("ActiveState") == "failed", "it fails")
        assert (running.shown("ExecMainStatus"), running.shown("NRestarts")) == ("78", "0")
        assert "windou" in running.machine.run(f"journalctl -u {running.unit} -n 5 --no-pager")
        running.machine.run("sleep 4")
        assert running.shown("ActiveState") == "failed"
    finally:
        running.machine.run(f"cat > /etc/edge/edge.toml <<'END'\n{settings}\nEND")


def test_without_its_camera_it_waits_and_says_so(machine: Container) -> None:
    camera = Service(machine, "0")
    wait(20, lambda: "/dev/video0 does not exist" in camera.shown("StatusText"), "the status names what is absent")
    process = camera.process
    machine.run("sleep 5")
    assert camera.shown("ActiveState") == "activating"  # ready only after a first frame
    assert (camera.process, camera.shown("Result")) == (process, "success")
    status = machine.ask(f"{COMMANDS}/edge-service status")
    assert status.returncode == 3
    assert "edge-run@0: activating (start)" in status.stdout


def test_a_hang_before_the_first_frame_is_over_too(machine: Container) -> None:
    camera = Service(machine, "0")
    wait(20, lambda: "does not exist" in camera.shown("StatusText"), "it waits")
    camera.replaced_after("STOP", most_s=100)


def test_old_summaries_are_deleted_in_a_sandbox(running: Service) -> None:
    """Nothing is while the time is unknown; then what the order proves to be old, whatever the clock was before."""
    booth = running.machine
    booth.run("sed -i 's/^retention_days = .*/retention_days = 0.000001/' /etc/edge/edge.toml")
    wait(30, lambda: newest(running)["windows"], "a window is committed")
    booth.run(f"systemctl stop {running.unit}")
    before = {session["id"] for session in running.sessions()}
    assert booth.ask("systemctl start edge-purge.service", timeout_s=300).returncode != 0
    assert "The clock is not synchronised" in booth.run("journalctl -u edge-purge -n 20 --no-pager")
    assert before == {session["id"] for session in running.sessions()}
    booth.run("mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized")
    booth.run("sed -i 's/^retention_days = .*/retention_days = 90/' /etc/edge/edge.toml")
    running.started()
    wait(30, lambda: newest(running)["windows"], "a window is committed while the clock is right")
    assert before < {session["id"] for session in running.sessions()}
    booth.run("sed -i 's/^retention_days = .*/retention_days = 0.000001/' /etc/edge/edge.toml")
    booth.run("systemctl start edge-purge.service", timeout_s=300)
    assert not before & {session["id"] for session in running.sessions()}
    assert running.watches()
    assert running.sound()
