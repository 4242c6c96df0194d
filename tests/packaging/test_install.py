"""What a person installs: small, without TensorFlow, and complete wherever it is run from."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_BYTES = 330_000_000
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPORTED = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]

pytestmark = [pytest.mark.install, pytest.mark.timeout(900)]


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    found = os.environ.get("UV")
    if found is None:
        pytest.skip("runs under `uv run`, which names its uv")
    return found


@pytest.fixture(scope="module")
def runtime(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the locked runtime dependencies, as a small device has it, and the project from its wheel."""
    folder = tmp_path_factory.mktemp("runtime")
    environment, wheels = folder / "environment", folder / "wheels"
    run(uv, "build", "--wheel", "--out-dir", wheels)
    run(
        uv,
        "sync",
        "--locked",
        "--no-dev",
        "--no-group",
        "mediapipe",
        "--no-install-project",
        UV_PROJECT_ENVIRONMENT=str(environment),
    )
    (wheel,) = wheels.glob("*.whl")
    run(uv, "pip", "install", "--python", environment / "bin" / "python", "--no-deps", wheel)
    return environment


def test_the_lock_file_fits_the_project(uv: str) -> None:
    run(uv, "lock", "--check")


def test_a_runtime_only_installation_is_small_and_has_nothing_that_trains(runtime: Path) -> None:
    files = [path for path in runtime.rglob("*") if path.is_file() and not path.is_symlink()]
    size_bytes = sum(path.stat().st_size for path in files)
    print(f"{size_bytes / 1e6:.0f} MB installed")
    assert 50_000_000 < size_bytes < MOST_BYTES
    packages = {path.name.split("-")[0].lower() for path in runtime.glob("lib/*/site-packages/*.dist-info")}
    assert "ai_edge_litert" in packages
    assert not packages & {"tensorflow", "tensorflow_cpu", "keras", "jax", "torch", "mediapipe", "matplotlib"}


def test_the_shipped_models_are_found_from_any_folder(runtime: Path, tmp_path: Path) -> None:
    program, journal = runtime / "bin" / "edge-run", "journal.sqlite"
    command: list[str | Path] = [program, "--source", "demo:fast", "--duration", "8", "--journal", journal]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "a face could be read in" in done.stdout
    assert (tmp_path / "journal.sqlite").is_file()
    checks = subprocess.run(
        [runtime / "bin" / "edge-doctor"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert checks.returncode == 0, checks.stdout


def test_training_without_its_libraries_says_what_to_install(runtime: Path, tmp_path: Path) -> None:
    train = runtime / "bin" / "edge-train"
    command: list[str | Path] = [train, "emotion", "--data", tmp_path, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "uv sync --locked --extra train" in done.stderr
    assert "Traceback" not in done.stderr


def interpreter(version: str) -> str | None:
    """An installed Python of a version such as `3.12`; nothing is downloaded."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python{version}"))]
    for place in map(str, filter(None, places)):
        shown = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)  # a shim may refuse
        if shown.returncode == 0 and shown.stdout.startswith(f"Python {version}."):
            return place
    return None


def others() -> list[str]:
    """Which of the oldest and newest installed Pythons the fast tests do not run on."""
    found = [version for version in SUPPORTED if interpreter(version) is not None]
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sorted({*found[:1], *found[-1:]} - {own}) or ["other"]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("version", others())
def test_the_fast_tests_pass_on_the_oldest_and_the_newest_python(uv: str, tmp_path: Path, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"of {', '.join(SUPPORTED)} only the one that runs this is installed")
    absent = [each for each in SUPPORTED if interpreter(each) is None]
    print(f"Python {version} is tested; not installed here: {', '.join(absent) or 'none'}")
    environment = tmp_path / "environment"
    extras = ("--extra", "train", "--group", "browser")
    run(uv, "sync", "--locked", *extras, "--python", python, UV_PROJECT_ENVIRONMENT=str(environment))
    options = ["-q", "-n", "3", "--dist", "loadfile", "-p", "no:cacheprovider"]
    if version != "3.11":  # which has no sys.monitoring, by which counting lines costs next to nothing
        options += ["--cov=edge", "--cov-append", "--cov-report="]
    print(run(environment / "bin/python", "-m", "pytest", *options, COVERAGE_CORE="sysmon"))


def test_the_other_interpreter_reads_the_same_where_numpy_1_lets_it_load(uv: str, tmp_path: Path) -> None:
    python = interpreter("3.11")
    if python is None:
        pytest.skip("no Python 3.11 is installed, the last that tflite-runtime has wheels for")
    environment = tmp_path / "environment"
    run(uv, "sync", "--locked", "--python", python, UV_PROJECT_ENVIRONMENT=str(environment))
    older = ("numpy==1.26.4", "tflite-runtime==2.14.0")
    run(uv, "pip", "install", "--python", environment, "--no-deps", *older)
    done = run(environment / "bin/python", "-m", "pytest", "-n", "0", "-q", "tests/vision/test_interpreters.py")
    assert "numpy 1 only" not in done, done  # skipped


@pytest.mark.slow
def test_plain_pip_installs_it_too(tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "environment")
    run(tmp_path / "environment/bin/pip", "install", "--quiet", ROOT)
    done = run(
        tmp_path / "environment/bin/edge-run", "--source", "demo:fast", "--duration", "8", "--journal", tmp_path / "j"
    )
    assert "a face could be read in" in done
