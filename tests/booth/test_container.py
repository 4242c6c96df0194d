"""The service in a real systemd: started, killed, hung, stopped and misconfigured, in its whole sandbox.

The source is the demo: it needs no camera, and everything after it is real.
"""

from collections.abc import Iterator

import pytest

from .conftest import Measured
from .container import Container, wait
from .services import COMMANDS, Service

pytestmark = [pytest.mark.root, pytest.mark.timeout(1800)]

DROP_IN = f"""[Service]
ExecStart=
ExecStart={COMMANDS}/edge-run --config /etc/edge/edge.toml --source demo --journal %S/edge/%i/journal.sqlite --quiet
"""


@pytest.fixture(scope="module")
def demo(machine: Container) -> Service:
    """The service, with the demo in place of a camera. Nothing else of it is changed."""
    folder = "/etc/systemd/system/edge-run@demo.service.d"
    machine.run(f"mkdir -p {folder}; printf '%s' '{DROP_IN}' > {folder}/demo.conf; systemctl daemon-reload")
    return Service(machine, "demo")


@pytest.fixture
def running(demo: Service) -> Iterator[Service]:
    """The same, after its first frame, started anew."""
    demo.machine.run(f"systemctl stop {demo.unit}; systemctl reset-failed {demo.unit} || true")
    demo.started()
    yield demo
    demo.machine.run(f"systemctl stop {demo.unit}")


def test_it_starts_in_its_sandbox_and_sees_frames(running: Service, measured: Measured) -> None:
    wait(20, lambda: "frames a second" in running.shown("StatusText"), "the status tells the rate of frames")
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


def test_it_ends_in_good_order(running: Service, measured: Measured) -> None:
    wait(30, lambda: running.sessions()[0]["windows"], "a window is committed")
    running.machine.run(f"systemctl kill --signal=TERM {running.unit}")
    ended_s = wait(20, lambda: running.shown("ActiveState") == "inactive", "the service has ended")
    assert (running.shown("Result"), running.shown("ExecMainStatus")) == ("success", "0")
    newest = max(running.sessions(), key=lambda session: int(session["id"]))
    assert newest["state"] == "complete"
    measured("SIGTERM to ended", ended_s, 3, "s")


def test_ten_crashes_in_a_row_do_not_keep_it_down(running: Service, measured: Measured) -> None:
    wait(30, lambda: running.sessions()[0]["windows"], "a window is committed")
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
    machine.run("sleep 5")
    assert camera.shown("ActiveState") == "activating"  # ready only after a first frame
    assert (camera.shown("NRestarts"), camera.shown("Result")) == ("0", "success")
    status = machine.ask(f"{COMMANDS}/edge-service status")
    assert status.returncode == 3
    assert "edge-run@0: activating (start)" in status.stdout


def test_a_hang_before_the_first_frame_is_over_too(machine: Container) -> None:
    camera = Service(machine, "0")
    wait(20, lambda: "does not exist" in camera.shown("StatusText"), "it waits")
    camera.replaced_after("STOP", most_s=100)


def test_old_summaries_are_deleted_in_a_sandbox(running: Service) -> None:
    wait(30, lambda: running.sessions()[0]["windows"], "a window is committed")
    running.machine.run("mkdir -p /run/systemd/timesync; touch /run/systemd/timesync/synchronized")
    running.machine.run("sed -i 's/^retention_days = .*/retention_days = 0.000001/' /etc/edge/edge.toml")
    before = {session["id"] for session in running.sessions() if session["state"] != "open"}
    running.machine.run("systemctl start edge-purge.service", timeout_s=300)
    assert before
    assert not before & {session["id"] for session in running.sessions()}
