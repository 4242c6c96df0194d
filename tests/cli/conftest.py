"""Commands inside this process, where a process of their own would only cost time."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli import bench, config, doctor, evaluate, models, run
from edge.cli.booth import consent
from edge.cli.journals import analyze, mark, purge, report

APPS = {
    "edge-analyze": analyze.app,
    "edge-run": run.app,
    "edge-mark": mark.app,
    "edge-report": report.app,
    "edge-doctor": doctor.app,
    "edge-bench": bench.app,
    "edge-eval": evaluate.app,
    "edge-models": models.app,
    "edge-purge": purge.app,
    "edge-consent": consent.app,
    "edge-config": config.app,
}

Ask = Callable[..., Result]
Run = Callable[..., subprocess.CompletedProcess[str]]  # the fixture `run`: a process of its own, to its end
Start = Callable[..., subprocess.Popen[str]]  # the fixture `start`: one that goes on


@pytest.fixture
def ask(home: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command in this process, in `home`. Any exception but the exit of a command fails the test."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(screen, raising=False)
    for place in ("edge.program.confine", "edge.run.confine.confine"):
        monkeypatch.setattr(place, lambda *_, **__: None)  # it would last for the other tests

    def go(command: str, *words: object) -> Result:
        result = CliRunner().invoke(APPS[command], [*map(str, words)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return go
