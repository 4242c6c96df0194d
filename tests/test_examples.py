"""The scripts of docs/examples run, each as a process of its own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import nbformat
import pytest
from nbclient import NotebookClient

from edge.sources.recorded.demo import picture
from tests.models import tiny_fer2013

EXAMPLES = Path(__file__).parents[1] / "docs/examples"
NEUTRAL, SMILE, EMPTY = 30, 160, 350  # frames of the demo


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def lines_of(script: str, *arguments: object) -> list[str]:
    done = run(script, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of the demo: a face, then none."""
    path = tmp_path / "film.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (640, 480))
    for index in [NEUTRAL] * 25 + [EMPTY] * 25:
        writer.write(picture(index)[..., ::-1])
    writer.release()
    return path


def saved(path: Path, index: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), picture(index)[..., ::-1])
    return path


def test_one_picture(tmp_path: Path) -> None:
    level, *emotions = lines_of("read_picture.py", saved(tmp_path / "smile.png", SMILE))
    assert "expression, score" in level
    assert max(emotions, key=lambda line: float(line.split()[1])).startswith("happy")
    assert lines_of("read_picture.py", saved(tmp_path / "empty.png", EMPTY)) == ["Not read: no_face"]


def test_a_recording(film: Path) -> None:
    window, session = map(json.loads, lines_of("summarize_recording.py", film))
    assert (window["kind"], session["kind"]) == ("window", "session")
    assert session["length_s"] == pytest.approx(2, abs=0.1)
    assert session["readable_share"] == pytest.approx(0.5, abs=0.1)


def test_own_frames(film: Path) -> None:
    found = lines_of("own_frames.py", film)
    assert [line.split()[-1] for line in found] == ["reserved", "no_face"]
    assert found[1].split()[0] == "1.00"


def test_a_folder(tmp_path: Path) -> None:
    saved(tmp_path / "happy/1.png", SMILE)
    saved(tmp_path / "happy/2.png", NEUTRAL)
    saved(tmp_path / "neutral/1.png", EMPTY)
    assert lines_of("evaluate_folder.py", tmp_path) == ["happy      1 of 2 right", "not read   1: no_face"]


def test_own_models(shipped: Path, tmp_path: Path) -> None:
    own = shutil.copytree(shipped, tmp_path / "own")
    readings = lines_of("own_models.py", own, "demo:fast")
    assert len(readings) == 10
    assert any(line.startswith("Reading(") for line in readings)
    (own / "emotion-both.tflite").write_bytes(b"other")
    refused = run("own_models.py", own, "demo:fast")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "emotion-both.tflite" in refused.stderr


def test_the_angles_of_a_head(film: Path) -> None:
    lines = lines_of("head_pose.py", film)
    assert len(lines) == 25  # those with a face
    for line in lines:
        yaw = re.search(r"yaw +([-+]\d+)", line)
        assert yaw
        assert abs(int(yaw[1])) <= 3


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(re.findall(r'"(\w+\.py)"', Path(__file__).read_text()))


def executed(name: str, folder: Path, **parameters: object) -> str:
    """Run a notebook from its first cell to its last with other parameters; return what its cells printed."""
    notebook = nbformat.read(EXAMPLES / name, as_version=4)
    (given,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    assert all(re.search(rf"^{name} = ", given.source, re.MULTILINE) for name in parameters)
    given.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
    given.source = "from pathlib import PosixPath\n" + given.source
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


@pytest.mark.slow
def test_the_notebook_on_training_ends_with_a_reading(tmp_path: Path) -> None:
    data, out = tiny_fer2013.write(tmp_path / "data"), tmp_path / "out"
    printed = executed("train_and_convert.ipynb", tmp_path, DATA=data, OUT=out, EPOCHS=1, TOLERANCE=1.0)
    assert (out / "models" / "expressiveness.tflite").is_file()
    assert re.search(r"accuracy [01]\.\d{4} in INT8, [01]\.\d{4} in float", printed)
    assert re.search(r"^(\w+, \d+ of 100|Not read: not_sure)$", printed, re.MULTILINE)


@pytest.mark.slow
def test_the_notebook_on_interviews_ends_with_a_figure(film: Path, tmp_path: Path) -> None:
    (tmp_path / "talks").mkdir()
    film.rename(tmp_path / "talks" / "kim.mp4")
    (tmp_path / "talks" / "lee.mp4").write_text("no video")
    printed = executed("interviews.ipynb", tmp_path, RECORDINGS=tmp_path / "talks", OUT=tmp_path / "study")
    assert "1 of 2 recordings were read" in printed
    assert "Not read, or not wholly: lee.mp4" in printed
    assert re.search(r"^kim\.mp4 +[-\d]", printed, re.MULTILINE)
    figure = cv2.imread(str(tmp_path / "study" / "interviews.png"))
    assert figure is not None
    assert figure.shape == (258, 1200, 3)
