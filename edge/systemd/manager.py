"""The service manager of this machine: systemd's commands, and the state of the cameras' services."""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.errors import BadConfiguration, NotPermitted, ServiceUnavailable
from edge.systemd.install import shipped_units

INSTANCES: Final = "edge-run@*.service"
TIMER: Final = "edge-purge.timer"
_ERROR: Final = "Error: "  # how a command's last line begins
_HIDDEN: Final = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # from the service
_UDEV: Final = Path("/run/udev/control")  # absent in a container, which gets its devices from outside
_SHOWN: Final = ("Id", "ActiveState", "SubState", "StatusText", "NRestarts", "Result", "ExecMainStatus")


@dataclass(frozen=True, slots=True)
class Instance:
    """A camera's service as systemd shows it."""

    camera: str
    state: str  # "active (running)", "activating (start)", "failed (exit-code 78)"
    status: str  # the last status line that the program sent
    restarts: int
    error: str  # why the last run failed, as its log says; empty where it runs

    @property
    def works(self) -> bool:
        """Whether it has started, which is after its first frame or once it waits for a consent."""
        return self.state.startswith("active")


def refuse_without_systemd() -> None:
    """Raise ServiceUnavailable where systemd does not run this machine."""
    if not Path("/run/systemd/system").is_dir():
        raise ServiceUnavailable(
            "systemd does not run this machine.",
            fix="Give --root / to write the files all the same, or start edge-run yourself.",
        )


def refuse_without_root() -> None:
    """Raise NotPermitted for every user but root."""
    if os.geteuid() != 0:
        raise NotPermitted("Only root may change the services of this machine.", fix="Run it with sudo.")


def refuse_hidden(commands: Path) -> None:
    """Check that the service, which runs as a user of its own in a sandbox, can read this installation.

    Args:
        commands: The folder of edge-run.

    Raises:
        BadConfiguration: It cannot.
    """
    for path in (commands / "edge-run", Path(sys.executable).resolve(), Path(__file__).resolve()):
        hidden = any(path.is_relative_to(folder) for folder in _HIDDEN)
        if hidden or not all(folder.stat().st_mode & 0o001 for folder in path.parents):
            raise BadConfiguration(
                f"{path} lies where a service may not look.",
                fix="Install it for all users, in /opt/edge, with the system's own Python.",
            )


def make_user() -> None:
    """Make the user and the folders of the services."""
    _run("systemd-sysusers", "edge.conf")
    _run("systemd-tmpfiles", "--create", "edge.conf")


def start(cameras: Sequence[str]) -> None:
    """Let systemd and udev read what was installed, and start it without waiting for a first frame.

    Args:
        cameras: Only their services go on; all that run where none is named.

    Raises:
        ServiceUnavailable: A command failed.
    """
    _reload()
    _clear_failures()
    _run("systemctl", "start", TIMER)
    _run("systemctl", "try-restart", "--no-block", INSTANCES)
    if cameras:
        for other in {each.camera for each in instances()}.difference(cameras):
            _run("systemctl", "stop", f"edge-run@{other}.service")
        _run("systemctl", "start", "--no-block", *(f"edge-run@{camera}.service" for camera in cameras))
    elif _UDEV.exists():
        _run("udevadm", "trigger", "--action=add", "--subsystem-match=video4linux")


def stop() -> None:
    """Stop every camera's service, and the timer."""
    _run("systemctl", "stop", INSTANCES, TIMER, "edge-purge.service")


def forget() -> None:
    """Let systemd and udev forget what was removed."""
    _reload()
    _clear_failures()


def remove_user() -> bool:
    """Remove the services' user; False where there is none, or one of that name that sysusers.conf did not make."""
    try:
        user = pwd.getpwnam("edge")
    except KeyError:
        return False
    if user.pw_gecos not in (shipped_units() / "sysusers.conf").read_text():
        return False
    _run("userdel", "edge")
    return True


def instances() -> list[Instance]:
    """The cameras' services that systemd knows of, by name."""
    shown = _run("systemctl", "show", "--all", f"--property={','.join(_SHOWN)}", INSTANCES)
    found = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n") if block.strip()]
    return sorted((_instance(one) for one in found if "@" in one.get("Id", "")), key=lambda one: one.camera)


def _instance(shown: dict[str, str]) -> Instance:
    why = f"{shown['Result']} {shown['ExecMainStatus']}" if shown["ActiveState"] == "failed" else shown["SubState"]
    camera = shown["Id"].removeprefix("edge-run@").removesuffix(".service")
    works = shown["ActiveState"] == "active"
    error = "" if works else _last_error(shown["Id"])
    return Instance(camera, f"{shown['ActiveState']} ({why})", shown["StatusText"], int(shown["NRestarts"] or 0), error)


def _last_error(unit: str) -> str:
    """The last error that a unit's program logged; empty where there is none, or the log cannot be read."""
    try:
        log = _run("journalctl", f"--unit={unit}", "--output=cat", "--lines=200", "--no-pager", "--quiet")
    except ServiceUnavailable:
        return ""
    found = [line.removeprefix(_ERROR) for line in log.splitlines() if line.startswith(_ERROR)]
    return found[-1] if found else ""


def _clear_failures() -> None:
    """Let systemd forget failures and restarts of before; without effect where there are none."""
    subprocess.run(["systemctl", "reset-failed", INSTANCES], capture_output=True, check=False)


def _reload() -> None:
    _run("systemctl", "daemon-reload")
    if _UDEV.exists():
        _run("udevadm", "control", "--reload")


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceUnavailable(f"{command[0]} did not work: {error}.", fix="Try it by hand.") from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise ServiceUnavailable(f"{' '.join(command)} did not work: {reason}.", fix="Try it by hand.")
    return done.stdout
