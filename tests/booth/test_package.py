"""The Debian package on a Debian that just booted: installed, updated, undone, removed and purged."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.booth.machines.container import TREE, Container, call, wait
from tests.booth.machines.services import Machine, Service

from .conftest import INSTALL

pytestmark = [pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(1800)]

_KEPT = "/etc /usr /var/lib /var/cache /opt"
# What dpkg, apt and systemd note of their own work, and the user, who stays as Debian's policy has it.
_OF_THE_SYSTEM = (
    r"/var/lib/(dpkg|apt|systemd|private|ucf)|/var/cache/(apt|debconf|ldconfig)|/etc/.*-$|/etc/\.pwd\.lock$"
    r"|/etc/(passwd|group|shadow|gshadow)$"
)


def trace(machine: Container) -> set[str]:
    """Every file and folder that lasts, with owner, mode and a hash of what it holds."""
    listed = machine.run(f"find {_KEPT} -xdev -printf '%u %m %l %p\n' | grep -Ev '{_OF_THE_SYSTEM}'")
    hashed = machine.run(f"find /etc -xdev -type f -exec sha256sum {{}} + | grep -Ev '{_OF_THE_SYSTEM}'")
    return {*listed.splitlines(), *hashed.splitlines()}


@pytest.fixture
def booth(fresh: Container) -> Service:
    """The same with the first package, watching the demo."""
    fresh.run(f"{INSTALL} /packages/1/*.deb", 600)
    fresh.run("sed -i 's/^require_consent = true/require_consent = false/' /etc/edge/edge.toml")
    run = "edge-run --config /etc/edge/edge.toml --source demo --window 1 --journal %S/edge/%i/journal.sqlite --quiet"
    folder, drop_in = "/etc/systemd/system/edge-run@0.service.d", f"[Service] ExecStart= 'ExecStart=/usr/bin/{run}'"
    fresh.run(f"mkdir -p {folder}; printf '%s\n' {drop_in} > {folder}/demo.conf")
    fresh.run("systemctl daemon-reload; systemctl enable edge-run@0")
    service = Service(fresh, "0")
    service.started()
    return service


def versions(machine: Machine) -> tuple[str, set[str]]:
    """The version that runs, and those that are there."""
    current = machine.run("readlink /usr/lib/edge/current").removeprefix("versions/")
    return current.partition("+")[0], {
        each.partition("+")[0] for each in machine.run("ls /usr/lib/edge/versions").split()
    }


def test_lintian_finds_nothing(packages: Path) -> None:
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    (package,) = packages.glob("1/*.deb")
    said = subprocess.run(["lintian", "--allow-root", package], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_installed_removed_and_purged_it_leaves_no_trace(fresh: Container) -> None:
    before = trace(fresh)
    fresh.run(f"{INSTALL} /packages/1/*.deb", 600)
    assert fresh.run("edge-run --version").startswith("edge-expressiveness ")
    assert fresh.run("systemctl is-active edge-purge.timer") == "active"
    assert fresh.run("stat -c '%U %a' /var/lib/edge") == "edge 700"
    assert fresh.run("edge-run --source demo:fast --duration 2 --journal /srv/journal.sqlite").count("Session") == 1
    assert fresh.ask("dpkg --verify edge-expressiveness").stdout == ""
    fresh.run("systemctl enable --now --no-block edge-run@0; echo 'max_fps = 12' >> /etc/edge/edge.toml; sleep 3")
    fresh.run("sudo -u edge sh -c 'echo figures > /var/lib/edge/0/journal.sqlite'")
    fresh.run("apt-get remove -y edge-expressiveness")
    assert fresh.ask("systemctl is-active edge-run@0 edge-purge.timer").stdout.split() == ["inactive", "inactive"]
    assert not fresh.run("ls /usr/lib/edge /usr/bin/edge* 2>/dev/null || true")
    assert "max_fps = 12" in fresh.run("tail -1 /etc/edge/edge.toml")
    assert fresh.run("cat /var/lib/edge/0/journal.sqlite") == "figures"
    fresh.run("apt-get purge -y edge-expressiveness; rm /srv/journal.sqlite*")
    assert trace(fresh) == before


def test_updated_and_undone_while_it_watches(booth: Service) -> None:
    machine, former = booth.machine, booth.process
    wait(30, lambda: booth.sessions() and booth.sessions()[-1]["windows"], "a window is committed")
    said = machine.run("edge-service update /packages/2/*.deb", 600)
    assert "require_consent: cameras are opened without a consent" in said
    assert "require_consent = false" in machine.run("cat /etc/edge/edge.toml")
    assert versions(machine) == ("0.1.0-2", {"0.1.0-1", "0.1.0-2"})
    wait(60, lambda: booth.process not in (0, former) and booth.watches(), "the new version sees frames")
    assert "versions/0.1.0-2" in machine.run(f"tr '\\0' ' ' < /proc/{booth.process}/cmdline")
    former = booth.process
    assert "0.1.0-1" in machine.run("edge-service rollback")
    wait(60, lambda: booth.process not in (0, former) and booth.watches(), "the former version sees frames")
    assert "versions/0.1.0-1" in machine.run(f"tr '\\0' ' ' < /proc/{booth.process}/cmdline")
    assert booth.sound()
    assert "Version 0.1.0-1" in machine.run("edge-service status")


def test_a_wheel_for_the_same_libraries_updates_too(booth: Service, packages: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or str(TREE / ".uv/bin/uv")
    call(uv, "build", "--quiet", "--wheel", "--out-dir", packages / "wheels", TREE)
    machine, former = booth.machine, booth.process
    assert "Version 0.1.0 runs from now on." in machine.run("edge-service update /packages/wheels/*.whl", 600)
    wait(60, lambda: booth.process not in (0, former) and booth.watches(), "the new version sees frames")
    assert "versions/0.1.0/" in machine.run(f"tr '\\0' ' ' < /proc/{booth.process}/cmdline")
    machine.run("edge-service rollback")
    assert versions(machine) == ("0.1.0-1", {"0.1.0-1", "0.1.0"})


def test_an_update_that_is_killed_leaves_the_former_version_running(booth: Service) -> None:
    """Killed at whatever moment: it runs on, starts again, and a second try succeeds."""
    machine = booth.machine
    for seconds in (1, 3, 5, 7):
        machine.ask(f"timeout --signal=KILL {seconds} dpkg -i /packages/2/*.deb", 600)
        current, there = versions(machine)
        assert current in there
        booth.back_after("KILL")
        assert "seconds" not in machine.run("edge-run --version")
    machine.run("rm -f /var/lib/dpkg/lock*; dpkg --configure -a; dpkg -i /packages/2/*.deb", 600)
    assert versions(machine)[0] == "0.1.0-2"
    booth.back_after("KILL")


def test_a_version_that_does_not_run_here_is_not_taken(booth: Service) -> None:
    machine = booth.machine
    place = "/srv/broken/usr/lib/edge/package/lib/python3.11/site-packages/numpy/__init__.py"
    machine.run("dpkg-deb -R /packages/2/*.deb /srv/broken", 600)
    machine.run(f"echo 'raise ImportError(\"wrong processor\")' > {place}")
    machine.run("dpkg-deb -Znone -b /srv/broken /srv/b.deb", 600)
    done = machine.ask("edge-service update /srv/b.deb", 600)
    assert done.returncode == 69
    assert "wrong processor" in done.stdout + done.stderr
    assert versions(machine) == ("0.1.0-1", {"0.1.0-1"})
    booth.back_after("KILL")
