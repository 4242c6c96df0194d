"""A run needs nothing of MediaPipe's package; where the package is chosen and absent, the error says what to do."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ABSENT = "import sys; sys.modules['mediapipe'] = None; from edge.cli.run import app; app()"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def edge_run(home: Path, environment: dict[str, str]) -> Command:
    """`edge-run` on the demo in a process that cannot import `mediapipe`."""

    def go(*words: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-c", ABSENT, "--source", "demo:fast", "--duration", "3", *words)
        return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)

    return go


def test_a_run_needs_no_mediapipe(edge_run: Command) -> None:
    done = edge_run()
    assert done.returncode == 0, done.stderr
    assert "a face could be read in" in done.stdout


def test_a_chosen_and_absent_mediapipe_is_an_error_of_the_configuration(edge_run: Command) -> None:
    done = edge_run("--detector-runtime", "mediapipe")
    assert done.returncode == 78
    assert done.stderr == (
        "Error: MediaPipe is not installed. Remove detector_runtime, or install mediapipe==0.10.18.\n"
    )
