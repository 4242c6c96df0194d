"""The service manager of this machine: systemd's commands, and the state of the cameras' services."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.core.errors import NotPermitted, ServiceUnavailable

INSTANCES: Final = "edge-run@*.service"
_ERROR: Final = "Error: "  # how a command's last line begins
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


def systemd_runs() -> bool:
    """Whether systemd runs this machine."""
    return Path("/run/systemd/system").is_dir()


def refuse_without_systemd() -> None:
    """Raise ServiceUnavailable where systemd does not run this machine."""
    if not systemd_runs():
        raise ServiceUnavailable("systemd does not run this machine.", fix="Start edge-run yourself.")


def refuse_without_root() -> None:
    """Raise NotPermitted for every user but root."""
    if os.geteuid() != 0:
        raise NotPermitted("Only root may change the services of this machine.", fix="Run it with sudo.")


def restart() -> None:
    """Start what runs anew, without waiting for a first frame; failures and restarts of before are forgotten."""
    _run("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "reset-failed", INSTANCES], capture_output=True, check=False)
    _run("systemctl", "try-restart", "--no-block", INSTANCES, "edge-screen@*.service", "edge-booth@*.service")


def enabled() -> list[str]:
    """The cameras whose services start with the machine."""
    return sorted(_camera(link.name) for link in Path("/etc/systemd/system").glob("*.wants/edge-run@*.service"))


def instances() -> list[Instance]:
    """The cameras' services that systemd knows of, by name."""
    shown = _run("systemctl", "show", "--all", f"--property={','.join(_SHOWN)}", INSTANCES)
    found = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n") if block.strip()]
    return sorted((_instance(one) for one in found if "@" in one.get("Id", "")), key=lambda one: one.camera)


def _instance(shown: dict[str, str]) -> Instance:
    why = f"{shown['Result']} {shown['ExecMainStatus']}" if shown["ActiveState"] == "failed" else shown["SubState"]
    state, error = f"{shown['ActiveState']} ({why})", ""
    if shown["ActiveState"] != "active":
        error = _last_error(shown["Id"])
    return Instance(_camera(shown["Id"]), state, shown["StatusText"], int(shown["NRestarts"] or 0), error)


def _last_error(unit: str) -> str:
    """The last error that a unit's program logged; empty where there is none, or the log cannot be read."""
    try:
        log = _run("journalctl", f"--unit={unit}", "--output=cat", "--lines=200", "--no-pager", "--quiet")
    except ServiceUnavailable:
        return ""
    found = [line.removeprefix(_ERROR) for line in log.splitlines() if line.startswith(_ERROR)]
    return found[-1] if found else ""


def _camera(unit: str) -> str:
    return unit.removeprefix("edge-run@").removesuffix(".service")


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceUnavailable(f"{command[0]} did not work: {error}.", fix="Try it by hand.") from error
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise ServiceUnavailable(f"{' '.join(command)} did not work: {reason}.", fix="Try it by hand.")
    return done.stdout
