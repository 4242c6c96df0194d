"""What lies beside a trained network: its configuration, its log, its pictures, TensorBoard's files."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.core.errors import SourceNotFound
from models.cli.train import app
from models.datasets import fer2013
from models.networks import cnn, ferplus, mobilenet
from models.networks.cnn import EXPRESSIVENESS
from models.training import figures
from models.training.carry import carry
from models.training.teachers import crops_hash
from tests.models import tiny_fer2013
from tests.models.samples import samples_of

PICTURES = ("learning_curves.png", "confusion_matrix.png", "reliability.png")


def train(*words: object) -> Result:
    return CliRunner().invoke(app, ["expressiveness-documented", *map(str, words)])


@pytest.fixture(scope="module")
def taught(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A documented run of one epoch, with a teacher, on the board."""
    out = tmp_path_factory.mktemp("taught")
    faces = samples_of(fer2013.load(tiny, "train"), EXPRESSIVENESS).faces
    np.savez(out / "oracle.npz", logits=8 * faces.targets, sha256=np.array(crops_hash(faces.crops)))
    words = ("--epochs", 1, "--seed", 3, "--tensorboard", "--teacher", out / "oracle.npz", "--teacher-weight", 0.5)
    result = train("--data", tiny, "--out", out / "run", *words)
    assert result.exit_code == 0, result.output
    return out / "run"


def test_everything_that_made_the_network_is_kept(taught: Path, tiny: Path) -> None:
    kept = json.loads((taught / "configuration.json").read_text())
    assert kept["recipe"] == json.loads((taught / "recipe.json").read_text())
    assert (kept["recipe"]["name"], kept["recipe"]["network"]) == ("expressiveness-documented", "expressiveness")
    assert (kept["recipe"]["seed"], kept["recipe"]["teacher_weight"]) == (3, 0.5)
    assert kept["data"]["train"]["files"] == fer2013.hashes(tiny, "train")
    assert kept["data"]["validation"]["faces"] == 21
    assert sum(kept["data"]["train"]["of"].values()) == kept["data"]["train"]["faces"] == 70
    assert kept["versions"]["keras"] == keras.__version__
    assert kept["versions"]["numpy"] == np.__version__
    assert keras.backend.backend() in kept["versions"]
    assert list(kept["files"]["teachers"]) == ["oracle.npz"]
    assert len(kept["commands"]) == 1


def test_the_log_and_the_pictures_can_be_read(taught: Path) -> None:
    with (taught / "log.csv").open(newline="") as log:
        (row,) = csv.DictReader(log)
    assert float(row["learning_rate"]) == pytest.approx(1e-3)  # Adam's, at one pace
    for name in PICTURES:
        picture = cv2.imread(str(taught / name))
        assert picture is not None, name
        assert min(picture.shape[:2]) >= 400
        assert picture.std() > 10  # something is drawn


def test_pictures_show_what_the_network_answers(taught: Path, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(taught, tmp_path, dirs_exist_ok=True)
    faces = samples_of(fer2013.load(tiny, "validation"), EXPRESSIVENESS).faces
    model = keras.saving.load_model(tmp_path / "best.keras", compile=False)
    kernel, _ = model.layers[-1].get_weights()
    drawn = []
    for always in (0, 2):  # two networks that each know but one answer, and are sure of it
        model.layers[-1].set_weights([0 * kernel, 9.0 * np.eye(3)[always]])
        model.save(tmp_path / "best.keras")
        figures.draw(tmp_path, faces)
        drawn.append([cv2.imread(str(tmp_path / name)) for name in PICTURES])
    curves, confusion, reliability = zip(*drawn, strict=True)
    assert np.array_equal(*curves)
    assert not np.array_equal(*confusion)
    assert not np.array_equal(*reliability)


def test_tensorboard_finds_the_run(taught: Path) -> None:
    found = [path.relative_to(taught).parts[:2] for path in taught.rglob("events.out.tfevents*")]
    assert set(found) == {("tensorboard", "training"), ("tensorboard", "validation")}
    written = b"".join(path.read_bytes() for path in taught.rglob("events.out.tfevents*"))
    assert all(name in written for name in (b"loss", b"accuracy", b"learning_rate", b"size_px"))


def test_tensorboard_without_tensorflow_is_a_sentence(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = train("--data", tiny, "--out", tmp_path / "run", "--tensorboard")
    assert result.exit_code == 78
    assert result.stderr.startswith("Error: --tensorboard needs tensorflow, which is not installed.")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_goes_on_with_its_teacher_and_on_its_own_data(taught: Path, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(taught, out)
    more = train("--data", tiny, "--out", out, "--resume", "--epochs", 2)
    assert more.exit_code == 0, more.output
    assert len(json.loads((out / "configuration.json").read_text())["commands"]) == 2
    other = tiny_fer2013.write(tmp_path / "other", train=77)
    moved = train("--data", other, "--out", out, "--resume", "--epochs", 3)
    assert (moved.exit_code, "about other faces" in moved.stderr) == (66, True)
    (out / "teacher.npz").unlink()
    alone = train("--data", tiny, "--out", out, "--resume", "--epochs", 3)
    assert (alone.exit_code, "began on other data" in alone.stderr) == (2, True)


@pytest.mark.slow
def test_a_network_begins_as_another_of_its_kind(tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    taught, new = mobilenet.build(32), ferplus.NETWORK.built(64)
    taught.save(tmp_path / "best.keras")
    carry(new, tmp_path / "best.keras")
    assert new.name == "emotion-ferplus"
    for given, taken in zip(taught.get_weights(), new.get_weights(), strict=True):
        assert np.array_equal(given, taken)
    with pytest.raises(SourceNotFound, match="holds no weights of expressiveness: its layer conv_1"):
        carry(cnn.build(48), tmp_path / "best.keras")


_MANY_BLOCKS = """
import resource, sys
from models.backend import hold_memory
if sys.argv[1] == "hold":
    hold_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(30):
    block = b"x" * (40 << 20)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be configured to keep memory")
def test_freed_memory_is_kept_for_the_next_step() -> None:
    faults = {}
    for how in ("hold", "return"):
        done = subprocess.run([sys.executable, "-c", _MANY_BLOCKS, how], capture_output=True, text=True, check=True)
        faults[how] = int(done.stdout)
    assert faults["hold"] < faults["return"] / 3
