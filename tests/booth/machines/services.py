"""A camera's service in a booted machine, as systemd sees it."""

import json
import shlex
import subprocess
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tests.booth.machines.container import wait


class Machine(Protocol):
    """Something booted that runs commands."""

    def run(self, command: str, timeout_s: float = 120) -> str:
        """Run a shell's command as root; its output. Fails where it fails."""
        ...

    def ask(self, command: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a shell's command as root."""
        ...


COMMANDS: Final = "/usr/bin"
PYTHON: Final = "/usr/lib/edge/current/bin/python"  # with the program and its libraries


@dataclass(frozen=True, slots=True)
class Service:
    """One instance of edge-run@."""

    machine: Machine
    camera: str

    @property
    def unit(self) -> str:
        """Its name."""
        return f"edge-run@{self.camera}.service"

    @property
    def journal(self) -> str:
        """Where its summaries are."""
        return f"/var/lib/edge/{self.camera}/journal.sqlite"

    def shown(self, name: str) -> str:
        """A property, as `systemctl show` names it."""
        return self.machine.run(f"systemctl show -P {name} {self.unit}")

    @property
    def process(self) -> int:
        """Its main process; 0 where there is none."""
        return int(self.shown("MainPID"))

    def watches(self) -> bool:
        """Whether it has reported a frame to systemd."""
        return self.shown("ActiveState") == "active"

    def started(self) -> float:
        """Start it; seconds until its first frame."""
        self.machine.run(f"systemctl start --no-block {self.unit}")
        return wait(60, self.watches, f"{self.unit} sees a frame")

    def replaced_after(self, signal: str, most_s: float = 60) -> float:
        """Send a signal to its process; seconds until there is another process."""
        former = self.process
        self.machine.run(f"kill -{signal} {former}")
        return wait(most_s, lambda: self.process not in (0, former), f"{self.unit} is started again after {signal}")

    def back_after(self, signal: str) -> float:
        """Send a signal to its process; seconds until another process has seen a frame."""
        return self.replaced_after(signal) + wait(60, self.watches, f"{self.unit} sees frames again")

    def sessions(self) -> list[dict[str, Any]]:
        """The sessions of its journal, as edge-report prints them, with their windows."""
        words = f"{shlex.quote(self.journal)} --format json --windows"
        reported = self.machine.run(f"sudo -u edge {COMMANDS}/edge-report {words}")
        found: list[dict[str, Any]] = json.loads(reported)["sessions"]
        return found

    def sound(self) -> bool:
        """Whether SQLite finds its journal intact."""
        code = f"import sqlite3; print(*sqlite3.connect({self.journal!r}).execute('PRAGMA integrity_check').fetchone())"
        return self.machine.run(f"sudo -u edge python3 -c {shlex.quote(code)}") == "ok"
