"""The state of the cameras' services, from what systemd and its log say."""

import subprocess
from typing import Any

import pytest
from typer.testing import CliRunner

from edge.cli.booth.service import app
from edge.systemd import manager

UNITS = """Id=edge-run@0.service
ActiveState=activating
SubState=auto-restart
StatusText=
NRestarts=9
Result=exit-code
ExecMainStatus=74

Id=edge-run@1.service
ActiveState=active
SubState=running
StatusText=Watching camera 1.
NRestarts=2
Result=success
ExecMainStatus=0

Id=edge-run@2.service
ActiveState=failed
SubState=failed
StatusText=
NRestarts=0
Result=exit-code
ExecMainStatus=78
"""
LOGS = {
    "edge-run@0.service": "Error: an old one.\nWARNING it goes on\nError: /srv/x may not be written by this user.\n",
    "edge-run@2.service": "",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """systemctl and journalctl as stand-ins; the units whose logs were read."""
    units: list[str] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if command[0] == "journalctl":
            units.append(command[1].removeprefix("--unit="))
            return subprocess.CompletedProcess(command, 0, LOGS[units[-1]], "")
        return subprocess.CompletedProcess(command, 0, UNITS, "")

    monkeypatch.setattr(subprocess, "run", run)
    return units


def test_the_last_error_of_a_service_that_does_not_run_is_read_from_its_log(asked: list[str]) -> None:
    restarting, running, failed = manager.instances()
    assert restarting.error == "/srv/x may not be written by this user."
    assert (running.error, failed.error) == ("", "")
    assert asked == ["edge-run@0.service", "edge-run@2.service"]


def test_the_status_names_it(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "enabled", list)
    monkeypatch.setattr("edge.systemd.versions.Versions.current", None)
    monkeypatch.setattr(manager, "refuse_without_systemd", lambda: None)
    answer = CliRunner().invoke(app, ["status"])
    assert answer.exit_code == 3
    assert answer.output.splitlines() == [
        "edge-run@0: activating (auto-restart), 9 restarts. Last error: /srv/x may not be written by this user.",
        "edge-run@1: active (running), 2 restarts. Watching camera 1.",
        "edge-run@2: failed (exit-code 78), 0 restarts.",
    ]
