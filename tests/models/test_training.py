"""A training run on a tiny data set: what it keeps, how it goes on after it stopped or was killed, and what it says."""

import csv
import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tiny_fer2013
from typer.testing import CliRunner, Result

from models.cli import app
from models.datasets import fer2013
from models.datasets.faces import Faces
from models.files import part_of
from models.networks.saved import load_network
from models.training.calibrate import knots, score_knots
from models.training.checkpoints import Checkpoints, Epoch, holds_run
from models.training.fit import _resumed, fit
from models.training.recipe import EMOTION, EXPRESSIVENESS

RECIPE = dataclasses.replace(EXPRESSIVENESS, stages=((24, 3),), batch=16, weight_decay=0.01)


@pytest.fixture(scope="module")
def splits(tiny: Path) -> tuple[Faces, Faces]:
    return fer2013.load(tiny, "train").levels(), fer2013.load(tiny, "validation").levels()


@pytest.fixture(scope="module")
def straight(splits: tuple[Faces, Faces], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Epoch]]:
    """A run of three epochs in one go."""
    out, heard = tmp_path_factory.mktemp("straight"), []
    fit(RECIPE, *splits, out, init=None, resume=False, tell=lambda done, is_best: heard.append(done))
    return out, heard


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as log:
        return list(csv.DictReader(log))


def train(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_run_keeps_what_it_needs(straight: tuple[Path, list[Epoch]]) -> None:
    out, heard = straight
    names = {path.name for path in out.iterdir()}
    assert names == {"recipe.json", "last.keras", "state.json", "best.keras", "log.csv"}
    assert [row["epoch"] for row in rows(out)] == ["0", "1", "2"]
    assert [done.size_px for done in heard] == [24, 24, 24]
    assert json.loads((out / "state.json").read_text())["epoch"] == 3


def test_best_is_the_best_epoch_at_the_final_size(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, RECIPE, resume=False)
    seen = []
    for epoch, (accuracy, counts) in enumerate([(0.9, False), (0.5, True), (0.7, True), (0.6, True)]):
        model = keras.Sequential([keras.Input((epoch + 1,)), keras.layers.Dense(1)])
        seen.append(run.keep(model, Epoch(epoch, 24, 0.1, 1, 0.1, 1, accuracy), counts=counts))
        assert run.best_network.exists() is (epoch > 0)
    assert seen == [False, True, True, False]
    assert keras.saving.load_model(run.best_network).input_shape == (None, 3)
    assert run.epochs_since_best == 1
    again = Checkpoints(tmp_path, RECIPE, resume=True)
    assert (again.epoch, again.best, again.epochs_since_best) == (4, 0.7, 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_network_takes_its_weights_along_to_the_next_size(tiny: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(EMOTION, stages=((32, 1), (64, 1)), batch=32, learning_rate=1e-9)
    splits = [fer2013.load(tiny, split).emotions(0.0) for split in ("train", "validation")]
    sizes: list[keras.Model] = []

    def tell(done: Epoch, is_best: bool) -> None:
        assert is_best is (done.size_px == 64)
        sizes.append(load_network(tmp_path / "last.keras"))

    fit(recipe, *splits, tmp_path, init=None, resume=False, tell=tell)
    small, large = sizes
    assert (small.input_shape, large.input_shape) == ((None, 32, 32, 1), (None, 64, 64, 1))
    for before, after in zip(small.trainable_weights, large.trainable_weights, strict=True):
        assert np.allclose(before, after, atol=1e-5)


def test_a_resumed_run_is_the_run_that_never_stopped(
    splits: tuple[Faces, Faces], straight: tuple[Path, list[Epoch]], tmp_path: Path
) -> None:
    killed_after = 2

    class Killed(Exception): ...

    def kill(done: Epoch, is_best: bool) -> None:
        if done.epoch + 1 == killed_after:
            raise Killed

    with pytest.raises(Killed):
        fit(RECIPE, *splits, tmp_path, init=None, resume=False, tell=kill)
    assert len(rows(tmp_path)) == killed_after

    # Killed once more, between the two renames that end an epoch: the checkpoint is new, its state waits.
    (tmp_path / "state.json").rename(part_of(tmp_path / "state.json"))
    with (tmp_path / "log.csv").open("a") as log:
        log.write("2,24,0.1,9,0.1,9,0.1\n")  # an epoch that was cut short
    fit(RECIPE, *splits, tmp_path, init=None, resume=True)

    assert len(rows(tmp_path)) == 3
    for resumed, whole in zip(rows(tmp_path), rows(straight[0]), strict=True):
        for name, figure in whole.items():
            assert float(resumed[name]) == pytest.approx(float(figure), rel=1e-3), name


def test_a_kill_while_saving_leaves_the_checkpoint_before(
    splits: tuple[Faces, Faces], straight: tuple[Path, list[Epoch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(straight[0], tmp_path, dirs_exist_ok=True)
    before = {name: (tmp_path / name).read_bytes() for name in ("last.keras", "state.json")}
    renamed = os.replace

    def killed(source: Path, target: Path) -> None:
        if Path(target).name == "last.keras":
            raise KeyboardInterrupt
        renamed(source, target)

    longer = dataclasses.replace(RECIPE, stages=((24, 4),))
    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(longer, *splits, tmp_path, init=None, resume=True)
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    again = Checkpoints(tmp_path, longer, resume=True)
    assert again.epoch == 3
    assert [row["epoch"] for row in rows(tmp_path)] == ["0", "1", "2"]
    assert not list(tmp_path.glob(".*"))
    assert load_network(again.last).name == "expressiveness"


def test_weights_that_do_not_decay_are_remembered(straight: tuple[Path, list[Epoch]]) -> None:
    model = _resumed(straight[0] / "last.keras", RECIPE)
    assert int(np.asarray(model.optimizer.iterations)) > 0
    decays = {v.path: model.optimizer._use_weight_decay(v) for v in model.trainable_variables}
    assert {path.split("/")[-1] for path, decayed in decays.items() if decayed} == {"kernel"}


def test_a_run_ends_where_nothing_gets_better(splits: tuple[Faces, Faces], tmp_path: Path) -> None:
    hopeless = dataclasses.replace(RECIPE, stages=((24, 9),), learning_rate=1e-12, patience=2)
    fit(hopeless, *splits, tmp_path, init=None, resume=False)
    assert len(rows(tmp_path)) < 9
    stopped_at = len(rows(tmp_path))
    fit(hopeless, *splits, tmp_path, init=None, resume=True)
    assert len(rows(tmp_path)) == stopped_at


def test_score_knots_rise(straight: tuple[Path, list[Epoch]], splits: tuple[Faces, Faces]) -> None:
    knots = score_knots(load_network(straight[0] / "best.keras"), splits[1])
    assert len(knots["x"]) == len(knots["y"]) == 4
    assert knots["y"][1:3] == [-0.303, 0.294]
    assert knots["x"] == sorted(knots["x"])
    assert knots["y"] == sorted(knots["y"])


@pytest.mark.parametrize("seed", range(30))
def test_score_knots_rise_whatever_the_network_answers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    answered = rng.uniform(-1, 1, 40).astype(np.float32) * rng.choice([0.0, 0.01, 1.0])
    scores = rng.choice([-0.9, -0.5, 0.0, 0.3, 0.4], 40).astype(np.float32)
    found = knots(answered, scores)
    assert np.all(np.diff(found["x"]) > 0)
    assert np.all(np.diff(found["y"]) > 0)


def test_edge_train_trains_and_goes_on(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = train("expressiveness", "--data", tiny, "--out", out, "--epochs", 1, "--seed", 5)
    assert first.exit_code == 0, first.output
    told = first.stdout.splitlines()
    assert len(told) == 2
    assert told[0].startswith("Epoch 1 of 1 at 48 px: loss ")
    assert told[1] == f"The best network is {out / 'best.keras'}."
    assert json.loads((out / "recipe.json").read_text())["seed"] == 5
    assert set(json.loads((out / "score_knots.json").read_text())) == {"x", "y"}

    again = train("expressiveness", "--data", tiny, "--out", out)
    assert again.exit_code == 2
    assert again.stderr == (
        f"Error: {out} holds a training run already. Add --resume to go on with it, or give another --out.\n"
    )
    more = train("expressiveness", "--data", tiny, "--out", out, "--resume", "--epochs", 2)
    assert more.exit_code == 0, more.output
    assert more.stdout.startswith("Epoch 2 of 2 at 48 px: loss ")
    assert [row["epoch"] for row in rows(out)] == ["0", "1"]

    other = train("emotion", "--data", tiny, "--out", out, "--resume")
    assert (other.exit_code, "trains expressiveness, not emotion" in other.stderr) == (2, True)
    reseeded = train("expressiveness", "--data", tiny, "--out", out, "--resume", "--seed", 6)
    assert (reseeded.exit_code, "began with --seed 5" in reseeded.stderr) == (2, True)
    (out / "last.keras").write_bytes(b"")
    broken = train("expressiveness", "--data", tiny, "--out", out, "--resume", "--epochs", 3)
    assert (broken.exit_code, "last.keras (0 bytes) is no network" in broken.stderr) == (78, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ({"--data": "nowhere"}, 66, "nowhere holds no FER-2013 split named train"),
        ({"--init": "absent.weights.h5"}, 66, "There is no file absent.weights.h5."),
        ({"--init": "imagenet"}, 2, "has no ImageNet weights"),
        ({"--out": "/proc/run"}, 74, "cannot be written"),
        ({"--out": "a-file/run"}, 74, "a-file is no folder"),
        ({"--epochs": "0"}, 2, "--epochs"),
        ({"--seed": "-1"}, 2, "--seed"),
    ],
)
def test_edge_train_says_what_is_wrong(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    given = {"--data": str(tiny), "--out": "run", "--epochs": "1", **words}
    result = train("expressiveness", *[word for pair in given.items() for word in pair])
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert not holds_run(Path("run"))


def test_too_few_faces_for_a_batch_is_said(tmp_path: Path) -> None:
    few = tiny_fer2013.write(tmp_path / "few", train=8)
    result = train("expressiveness", "--data", few, "--out", tmp_path / "run")
    assert (result.exit_code, "less than a batch of 32" in result.stderr) == (66, True)


def test_without_keras_it_says_what_to_install(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    result = train("emotion", "--data", tiny, "--out", tmp_path / "run")
    assert result.exit_code == 78
    assert result.stderr == "Error: This needs keras, which is not installed. Install edge-expressiveness[train].\n"
