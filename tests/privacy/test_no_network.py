"""Nothing leaves the machine: a run opens no socket, and nothing that it loads knows where to report to."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest
from packaging.requirements import Requirement

from tests.marks import needs_mediapipe

from .traced import FAKE_RUN, UNCONFINED, network_attempts, traced

_HERE: Final = Path(__file__).parent
BRIEF = ("--source", "demo:fast", "--duration", 2, "--window", 1, "--quiet")
REPORTING = "1.2.2"  # the line of MediaPipe that reports its use

# Where libraries report to, and the call without which none finds out where that is.
ENDPOINTS: Final = (
    "play.googleapis.com",
    "clearcut",
    "firebaselogging",
    "app-measurement.com",
    "crashlytics",
    "google-analytics",
    "googletagmanager",
    "doubleclick.net",
    "storage.googleapis.com",
    "applicationinsights",
    "events.data.microsoft.com",
    "sentry.io",
    "bugsnag.com",
    "segment.io",
    "segment.com",
    "mixpanel.com",
    "posthog.com",
    "amplitude.com",
    "datadoghq",
    "newrelic.com",
    "honeycomb.io",
    "scarf.sh",
    "wandb.ai",
    "huggingface.co",
    "\0getaddrinfo\0",
    "\0gethostbyname\0",
)

# What may be found all the same, and why no data is sent.
HARMLESS: Final = MappingProxyType(
    {
        ("libavformat", "\0getaddrinfo\0"): "FFmpeg reads streams; a stream is opened where its URL was given",
        ("libcrypto", "\0getaddrinfo\0"): "OpenSSL, for the same streams over TLS",
        ("libcrypto", "\0gethostbyname\0"): "the same",
        ("download_utils.py", "storage.googleapis.com"): "fetches models of other solutions; edge-run loads it never",
    }
)


@pytest.fixture
def network_calls(home: Path, environment: dict[str, str]) -> Callable[..., list[str]]:
    """Run a command and list its calls to a network."""

    def go(command: Iterable[object], *words: object) -> list[str]:
        return network_attempts(traced([*command, *words], home / "trace", environment=environment))

    return go


def test_no_command_uses_a_network(network_calls, home):
    """Unconfined: what they would do where no filter can be set."""
    assert network_calls((sys.executable, _HERE / "every_command.py", home)) == []
    assert (home / "page.html").stat().st_size > 0
    project = tomllib.loads((_HERE.parents[1] / "pyproject.toml").read_text())
    runtime = {name for name, place in project["project"]["scripts"].items() if place.startswith("edge.")}
    assert {*(home / "ran").read_text().split()} == runtime - {"edge-screen", "edge-practice"}, "none is left out"


def test_a_service_with_a_camera_uses_no_network_from_its_first_moment(network_calls, home):
    (home / "video0").touch()
    service = (sys.executable, FAKE_RUN, home, "--service", "--quiet", "--duration", 1, "--window", 0.2)
    assert network_calls(service, "--jsonl", home / "lines") == []
    assert (home / "lines").stat().st_size > 0


def test_the_check_sees_calls_that_are_refused_too(network_calls):
    for confined in ("", "from edge.run.confine import confine; confine();"):
        for each in ("socket.socket()", "socket.socket(socket.AF_NETLINK)", "socket.getaddrinfo('localhost', 1)"):
            code = f"import socket\n{confined}\ntry: {each}\nexcept OSError: pass"
            assert network_calls((sys.executable, "-c", code)), (confined, each)
    assert not network_calls(
        (sys.executable, "-c", "import socket; socket.socketpair(); socket.socket(socket.AF_UNIX)")
    )


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["litert", "mediapipe"])
@pytest.mark.parametrize("detector", ["near", "far"])
def test_nor_does_a_run_that_lasts_longer_than_reporting_waits(network_calls, detector, runtime):
    words = ("--detector", detector, "--detector-runtime", runtime)
    assert network_calls(UNCONFINED, "--source", "demo", "--duration", 40, "--quiet", *words) == []


@pytest.fixture(scope="module")
def reporting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a throw-away environment with a MediaPipe that reports."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    folder = tmp_path_factory.mktemp("reporting") / "venv"
    python = folder / "bin" / "python"
    for words in (
        ("venv", "--python", sys.executable, folder),
        ("pip", "install", "--python", python, f"mediapipe=={REPORTING}"),
    ):
        done = subprocess.run(
            [uv, "--quiet", *words], cwd=folder.parent, capture_output=True, text=True, check=False
        )  # there, because here our own overrides would count
        if done.returncode:
            pytest.skip(f"mediapipe {REPORTING} cannot be installed here: {done.stderr}")
    return python


_ITS_DETECTOR = """
import sys, time
import mediapipe, numpy
from mediapipe.tasks.python import vision
from mediapipe.tasks.python.core.base_options import BaseOptions
options = vision.FaceDetectorOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with vision.FaceDetector.create_from_options(options) as detector:
    picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=numpy.zeros((480, 640, 3), numpy.uint8))
    for _ in range(200):
        detector.detect(picture)
        time.sleep(0.1)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_detector_that_reports_its_use_is_caught(reporting, home):
    """Positive control, in a network of its own that leads nowhere: the same check on MediaPipe 1.2.2 must fail."""
    own_network = ("unshare", "--map-root-user", "--net")
    if subprocess.run([*own_network, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network of its own can be made here")
    model = Path(_package("mediapipe"), "modules", "face_detection", "face_detection_short_range.tflite")
    attempts = network_attempts(
        traced((reporting, "-c", _ITS_DETECTOR, model), home / "trace", environment=dict(os.environ), under=own_network)
    )
    assert any("socket(AF_INET" in line for line in attempts)
    assert any("htons(53)" in line for line in attempts), attempts  # it resolves a name
    found = {end for _, end in known_endpoints([*reporting.parents[1].rglob("mediapipe/**/*.so")])}
    assert "play.googleapis.com" in found


@pytest.mark.parametrize("runtime", ["auto", pytest.param("mediapipe", marks=needs_mediapipe)])
def test_nothing_that_a_run_loads_knows_where_to_report(home, environment, runtime):
    code = (
        "import atexit, sys\n"
        "def note():\n"
        "    files = {getattr(module, '__file__', None) for module in [*sys.modules.values()]}\n"
        "    mapped = {line.split(None, 5)[-1].strip() for line in open('/proc/self/maps') if '/' in line}\n"
        "    open('loaded', 'w').write('\\n'.join(sorted(filter(None, files | mapped))))\n"
        "atexit.register(note)\n"
        "from edge.cli.run import app\n"
        "app()\n"
    )
    command = (sys.executable, "-c", code, *map(str, BRIEF), "--detector-runtime", runtime)
    subprocess.run(command, cwd=home, env=environment, timeout=200, check=True)
    loaded = [Path(line) for line in (home / "loaded").read_text().splitlines() if "site-packages" in line]
    libraries = {part for path in loaded if path.suffix == ".so" for part in path.parts}
    assert {"ai_edge_litert", "cv2", "numpy"} <= libraries
    assert ("mediapipe" in libraries) is (runtime == "mediapipe"), (
        "the package is loaded where it is chosen, only there"
    )
    assert not [path for path in loaded if path.name == "download_utils.py"]
    assert unexplained(loaded) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_that_is_installed_with_it_does():
    files = [*runtime_files()]
    assert {"mediapipe", "ai_edge_litert", "cv2"} <= {part for path in files for part in path.parts}
    assert unexplained(files) == []


def test_the_search_finds_an_endpoint_wherever_it_stands(tmp_path):
    for number, endpoint in enumerate(ENDPOINTS):
        library = tmp_path / f"lib{number}.so"
        library.write_bytes(os.urandom(5000) + endpoint.encode() + os.urandom(5000))
        assert unexplained([library]) == [(library.name, endpoint)]


def known_endpoints(files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every file and endpoint that stands in it."""
    for path in files:
        content = path.read_bytes() if path.is_file() else b""
        yield from ((path, endpoint) for endpoint in ENDPOINTS if endpoint.encode() in content)


def unexplained(files: Iterable[Path], harmless: Mapping[tuple[str, str], str] = HARMLESS) -> list[tuple[str, str]]:
    """Names of files with the endpoints in them for which there is no reason."""
    return [
        (path.name, endpoint)
        for path, endpoint in known_endpoints(files)
        if not any(path.name.startswith(name) and endpoint == known for name, known in harmless)
    ]


def runtime_files() -> Iterator[Path]:
    """All code of what `edge-run` requires, and of what that requires."""
    left, seen = ["edge-expressiveness"], set[str]()
    while left:
        name = left.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # left out on purpose
        requirements = map(Requirement, found.requires or ())
        left += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
        for file in found.files or ():
            if ".so" in file.suffixes or file.suffix == ".py":
                yield Path(str(file.locate()))


def _package(name: str) -> str:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return spec.submodule_search_locations[0]
