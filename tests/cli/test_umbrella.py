"""Every command under one name, and what every command has."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.sources.conftest import write_video

from .conftest import Ask

SCRIPTS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["scripts"]


def installed(command: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of this environment, to its end."""
    place = Path(sys.executable).parent / command
    return subprocess.run([place, *words], capture_output=True, text=True, timeout=60, check=False)


def test_the_umbrella_lists_every_command_with_what_it_does() -> None:
    shown = installed("edge", "--help").stdout
    for name in SCRIPTS:
        assert name == "edge" or f"│ {name.removeprefix('edge-')} " in shown
    assert "Watch a face" in shown


def test_a_command_under_the_umbrella_is_the_command() -> None:
    assert installed("edge", "run", "--help").stdout == installed("edge-run", "--help").stdout.replace(
        "edge-run", "edge run"
    )
    failed = installed("edge", "report", "nowhere.sqlite")
    assert (failed.returncode, failed.stdout) == (66, "")
    assert failed.stderr.startswith("Error: There is no journal at nowhere.sqlite")


@pytest.mark.parametrize("command", ["edge", "edge-run", "edge-keys", "edge-consent"])
def test_every_command_says_its_version_and_has_a_short_help(command: str) -> None:
    assert installed(command, "--version").stdout.startswith("edge-expressiveness 0.")
    assert installed(command, "-h").stdout == installed(command, "--help").stdout


def test_recordings_are_a_session_each(ask: Ask, home: Path) -> None:
    for name in ("a.avi", "b.avi"):
        write_video(home / name, 20, 20, "MJPG")
    result = ask("edge-run", "a.avi", "b.avi")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("Session ") == 2
    assert ask("edge-run", "a.avi", "--camera", "0").exit_code == 2
    assert ask("edge-run", "a.avi", "b.avi", "--session", "kim").exit_code == 2


def test_a_number_as_source_is_a_camera(ask: Ask) -> None:
    result = ask("edge-run", "--source", "97")
    assert result.exit_code == 69
    assert "/dev/video97" in result.stderr
