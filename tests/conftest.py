"""What every room's tests share: the clips, the shipped models, loaded models, and commands as real processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from numpy.typing import NDArray

from edge.config import Config
from edge.run.assemble import Models, loaded_models
from edge.sources.recorded.demo import picture
from edge.vision.card import shipped_models
from tests.order import pytest_collection_modifyitems as pytest_collection_modifyitems
from tests.order import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler

# Not UTC, here and in the commands that tests start: dates are kept and shown in UTC whatever the machine's zone.
os.environ["TZ"] = "Asia/Kathmandu"
time.tzset()

# Some images forbid it. Then every process compiles anew what it imports, and tests start hundreds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A service manager, also that of a container, would make services of the runs that tests start.
for _its in (
    "CREDENTIALS_DIRECTORY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
):
    os.environ.pop(_its, None)

# A busy machine may take any time over an example; the same examples each time: tests/fuzz is what looks for others.
settings.register_profile("patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# For mutation testing: an example that fails is enough, it need not be small.
settings.register_profile(
    "mutation",
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Measured = Callable[[str, float, float, str], None]


# Training and conversion need TensorFlow, which the newest Pythons have no wheel of.
collect_ignore = [] if find_spec("tensorflow") else ["models", "converter"]


def pytest_report_header() -> str | None:
    """Say which tests are left out."""
    return f"left out, since TensorFlow is not installed: {', '.join(collect_ignore)}" if collect_ignore else None


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of recorded clips, which are not part of the repository."""
    if not (_CLIPS / "single_face.mp4").is_file():
        pytest.skip("the clips (../shared/data/clips) are not here")
    return _CLIPS


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of the models that are shipped."""
    return shipped_models()


@pytest.fixture(scope="session")
def models() -> Iterator[Models]:
    """The detector and the networks, loaded once."""
    with loaded_models(Config()) as opened:
        yield opened


@pytest.fixture(scope="session")
def demo_face() -> NDArray[np.uint8]:
    """The demo's neutral face, RGB (480, 640, 3)."""
    return picture(30)


@pytest.fixture(scope="session")
def photo(clips: Path) -> NDArray[np.uint8]:
    """A photograph of one person, RGB."""
    found = cv2.imread(str(clips / "single_face.jpg"))
    assert found is not None
    return np.ascontiguousarray(found[..., ::-1], np.uint8)


@pytest.fixture
def measured() -> Measured:
    """Note a figure and the most it may be, for the table in docs/reliability.md; then fail if it is more."""

    def note(what: str, got: float, most: float, unit: str) -> None:
        if file := os.environ.get("EDGE_BOOTH_RESULTS"):
            with open(file, "a") as results:
                results.write(json.dumps({"what": what, "got": got, "most": most, "unit": unit}) + "\n")
        assert got <= most, f"{what}: {got:g} {unit}, and at most {most:g} was promised"

    return note


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    return _empty(tmp_path / "home")


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment of a command: nothing in it leads out of `home`, and there is no screen."""
    return _environment(home)


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start `edge-run` or another command as a process of its own, in `home`; what still runs at the end is killed."""
    with _starting(home) as begin:
        yield begin


@pytest.fixture
def run(start: Start) -> Run:
    """Run a command to its end, in `home`."""
    return partial(_to_its_end, start)


@pytest.fixture(scope="module")
def module_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """As `run`, for what a whole file of tests looks at."""
    with _starting(_empty(tmp_path_factory.mktemp("module") / "home")) as begin:
        yield partial(_to_its_end, begin)


def _empty(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _environment(home: Path) -> dict[str, str]:
    led_out = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_", "COVERAGE", "PYTEST", "EDGE_")
    given = {name: value for name, value in os.environ.items() if not name.startswith(led_out)}
    return given | {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TMPDIR": str(home), "COLUMNS": "200"}


@contextmanager
def _starting(home: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def begin(
        command: str, *words: object, under: Sequence[str] = (), to: TextIO | int = subprocess.PIPE, **more: str
    ) -> subprocess.Popen[str]:
        (script,) = entry_points(group="console_scripts", name=command)
        process = subprocess.Popen(
            [*under, sys.executable, "-m", script.module, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=_environment(home) | more,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _to_its_end(start: Start, command: str, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    process = start(command, *words, **more)
    out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
