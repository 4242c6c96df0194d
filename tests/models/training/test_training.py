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
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from edge.core.errors import BadModel
from models.backend import INSTALL_TRAIN
from models.cli.train import app
from models.datasets import fer2013
from models.datasets.faces import Faces
from models.datasets.load import load
from models.networks import recipe, recipes
from models.networks.cnn import EXPRESSIVENESS
from models.networks.mobilenet import EMOTION
from models.specs.recipe import Recipe
from models.specs.targets import Second
from models.training import folds
from models.training.checkpoints import Checkpoints, Epoch, holds_run, logged
from models.training.fit import fit
from models.training.learner import Averaging, Learner
from models.training.saved import load_network
from tests.models import tiny_fer2013
from tests.models.samples import known

RECIPE = dataclasses.replace(EXPRESSIVENESS, stages=((24, 3),), batch=16, weight_decay=0.01)
RICH = dataclasses.replace(
    RECIPE, stages=((24, 2),), ema=0.9, mixup=0.3, second_head=1.0, balance=0.25, balance_every=2
)


@pytest.fixture(scope="module")
def splits(tiny: Path) -> tuple[Faces, Faces]:
    return fer2013.load(tiny, "train").levels(), fer2013.load(tiny, "validation").levels()


@pytest.fixture(scope="module")
def straight(splits: tuple[Faces, Faces], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Epoch]]:
    """A run of three epochs in one go."""
    out, epochs = tmp_path_factory.mktemp("straight"), []
    fit(RECIPE, *splits, out, init=None, resume=False, on_epoch=lambda done, is_best: epochs.append(done))
    return out, epochs


@pytest.fixture(scope="module")
def rich(splits: tuple[Faces, Faces], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs in one go, with all that a recipe can ask for."""
    out = tmp_path_factory.mktemp("rich")
    fit(RICH, *splits, out, init=None, resume=False, second=votes_of(splits[0]))
    return out


def votes_of(faces: Faces) -> Second:
    """Something for a second head to learn; nothing is known of the first face."""
    targets = np.eye(7, dtype=np.float32)[faces.ground_truth * 2]
    return Second(targets, (np.arange(len(faces)) > 0).astype(np.float32))


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as log:
        return list(csv.DictReader(log))


def train(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_run_keeps_what_it_needs(straight: tuple[Path, list[Epoch]]) -> None:
    out, epochs = straight
    names = {path.name for path in out.iterdir()}
    assert names == {"recipe.json", "checkpoint.npz", "best.keras", "log.csv"}
    assert [row["epoch"] for row in rows(out)] == ["0", "1", "2"]
    assert [done.size_px for done in epochs] == [24, 24, 24]
    assert [done.validation_accuracy for done in logged(out)] == pytest.approx(
        [done.validation_accuracy for done in epochs], abs=1e-5
    )


def test_best_is_the_best_epoch_at_the_final_size(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, RECIPE, resume=False)
    seen = []
    for epoch, (accuracy, counts) in enumerate([(0.9, False), (0.5, True), (0.7, True), (0.6, True)]):
        model = keras.Sequential([keras.Input((epoch + 1,)), keras.layers.Dense(1)])
        seen.append(run.keep({}, model, Epoch(epoch, 24, 0.1, 1, 0.1, 1, accuracy), counts=counts))
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
    train, validation = (fer2013.load(tiny, split).emotions(0.0) for split in ("train", "validation"))
    sizes: list[list[NDArray[np.float32]]] = []

    def on_epoch(done: Epoch, is_best: bool) -> None:
        assert is_best is (done.size_px == 64)
        with np.load(tmp_path / "checkpoint.npz") as kept:
            sizes.append([kept[f"network/{index}"] for index in range(260)])

    fit(recipe, train, validation, tmp_path, init=None, resume=False, on_epoch=on_epoch)
    small, large = sizes
    assert load_network(tmp_path / "best.keras").input_shape == (None, 64, 64, 1)
    kernels = [index for index, array in enumerate(small) if array.ndim > 1]
    assert all(np.allclose(small[index], large[index], atol=1e-5) for index in kernels)


@pytest.mark.slow
def test_a_resumed_run_is_the_run_that_never_stopped(splits: tuple[Faces, Faces], rich: Path, tmp_path: Path) -> None:
    class Killed(Exception): ...

    def kill(done: Epoch, is_best: bool) -> None:
        raise Killed

    second = votes_of(splits[0])
    with pytest.raises(Killed):
        fit(RICH, *splits, tmp_path, init=None, resume=False, second=second, on_epoch=kill)
    with (tmp_path / "log.csv").open("a") as log:
        log.write("1,24,0.1,9,0.1,9,0.1\n")  # an epoch that was cut short
    fit(RICH, *splits, tmp_path, init=None, resume=True, second=second)

    assert [row["epoch"] for row in rows(tmp_path)] == ["0", "1"]
    for resumed, straight_on in zip(rows(tmp_path), rows(rich), strict=True):
        for name, figure in straight_on.items():
            assert float(resumed[name]) == pytest.approx(float(figure), rel=1e-3), name
    with np.load(tmp_path / "checkpoint.npz") as one, np.load(rich / "checkpoint.npz") as other:
        assert set(one.files) == set(other.files)
        for name in set(one.files) - {"stands"}:
            assert one[name] == pytest.approx(other[name], rel=1e-3, abs=1e-4), name


def test_a_kill_while_saving_leaves_the_checkpoint_before(
    splits: tuple[Faces, Faces], straight: tuple[Path, list[Epoch]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(straight[0], tmp_path, dirs_exist_ok=True)
    before = (tmp_path / "checkpoint.npz").read_bytes()
    renamed = os.replace

    def killed(source: Path, target: Path) -> None:
        if Path(target).name == "checkpoint.npz":
            raise KeyboardInterrupt
        renamed(source, target)

    longer = dataclasses.replace(RECIPE, stages=((24, 4),))
    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(longer, *splits, tmp_path, init=None, resume=True)
    monkeypatch.undo()
    assert (tmp_path / "checkpoint.npz").read_bytes() == before
    assert Checkpoints(tmp_path, longer, resume=True).epoch == 3
    assert [row["epoch"] for row in rows(tmp_path)] == ["0", "1", "2"]
    assert not list(tmp_path.glob(".*"))


def test_the_averaged_weights_of_one_head_are_what_is_kept(rich: Path) -> None:
    best = load_network(rich / "best.keras")
    assert best.output_shape == (None, 3)
    kernel = best.get_layer("levels").get_weights()[0]
    with np.load(rich / "checkpoint.npz") as kept:
        averages, learnt = (
            [kept[name] for name in kept.files if name.startswith(part)] for part in ("average/", "network/")
        )
    assert [average.shape for average in averages] == [weights.shape for weights in learnt]
    assert (256, 7) in [average.shape for average in averages]
    assert not any(np.array_equal(kernel, weights) for weights in learnt)
    if float(rows(rich)[1]["validation_accuracy"]) > float(rows(rich)[0]["validation_accuracy"]):
        assert any(np.array_equal(kernel, average) for average in averages)


def test_the_average_follows_the_weights(splits: tuple[Faces, Faces]) -> None:
    """After k steps from weights w0 to w, the average is what the rule gives step by step."""
    learner = Learner(RICH, 24)
    averaging = Averaging(learner, 0.5, first_step=0)
    averaging.set_model(learner.training)
    expected = learner.training.get_weights()[0].copy()
    for step in range(3):
        weights = [array + 1 for array in learner.training.get_weights()]
        learner.training.set_weights(weights)
        averaging.on_train_batch_end(step)
        keep = min(0.5, (step + 1) / (step + 10))
        expected = keep * expected + (1 - keep) * weights[0]
    assert learner.average[0] == pytest.approx(expected, abs=1e-5)
    answered = learner.judged().get_weights()
    assert all(np.array_equal(kept, average) for kept, average in zip(answered, learner.average, strict=True))


def test_what_was_learnt_is_taken_along_whole() -> None:
    one, other = Learner(RICH, 24, second_labels=7), Learner(dataclasses.replace(RICH, seed=1), 24, second_labels=7)
    one.average = [array + 1 for array in one.average]
    one.optimizer.iterations.assign(77)
    other.restore(one.state())
    assert int(np.asarray(other.optimizer.iterations)) == 77
    assert set(one.state()) == set(other.state())
    assert all(np.array_equal(array, other.state()[name]) for name, array in one.state().items())
    with pytest.raises(BadModel, match="another network or recipe"):
        other.restore(Learner(RICH, 48, second_labels=7).state())


def test_weights_that_are_no_matrix_do_not_decay() -> None:
    learner = Learner(RECIPE, 24)
    decays = {v.path: learner.optimizer._use_weight_decay(v) for v in learner.training.trainable_variables}
    assert {path.split("/")[-1] for path, decayed in decays.items() if decayed} == {"kernel"}


def test_a_run_ends_where_nothing_gets_better(splits: tuple[Faces, Faces], tmp_path: Path) -> None:
    hopeless = dataclasses.replace(RECIPE, stages=((24, 9),), learning_rate=1e-12, patience=2)
    fit(hopeless, *splits, tmp_path, init=None, resume=False)
    assert len(rows(tmp_path)) < 9
    stopped_at = len(rows(tmp_path))
    fit(hopeless, *splits, tmp_path, init=None, resume=True)
    assert len(rows(tmp_path)) == stopped_at


def test_edge_train_trains_and_goes_on(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first = train("expressiveness", "--data", tiny, "--out", out, "--epochs", 1, "--seed", 5)
    assert first.exit_code == 0, first.output
    lines = first.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Epoch 1 of 1 at 48 px: loss ")
    assert lines[1] == f"The best network is {out / 'best.keras'}."
    assert json.loads((out / "recipe.json").read_text())["seed"] == 5

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
    (out / "checkpoint.npz").write_bytes(b"")
    broken = train("expressiveness", "--data", tiny, "--out", out, "--resume", "--epochs", 3)
    assert (broken.exit_code, "checkpoint.npz (0 bytes) is no checkpoint" in broken.stderr) == (78, True)


def test_a_log_says_how_fast_the_run_was_and_how_long_it_takes_still(straight: tuple[Path, list[Epoch]]) -> None:
    out, epochs = straight
    assert all(done.images_per_s > 0 and done.seconds > 0 for done in epochs)
    assert epochs[0].left_s == pytest.approx(2 * epochs[0].seconds, rel=0.2)
    assert epochs[-1].left_s == 0
    assert [float(row["seconds"]) for row in rows(out)] == pytest.approx([done.seconds for done in epochs], rel=1e-4)


def test_so_many_epochs_are_shared_out_over_the_sizes() -> None:
    emotion = recipe("emotion")
    assert len(emotion.stages) > 1
    assert emotion.lasting(1).stages == ((emotion.stages[-1][0], 1),)
    assert emotion.lasting(emotion.epochs) == emotion


def test_folds_are_trained_one_by_one_and_go_on(tiny: Path, tmp_path: Path) -> None:
    words = ("expressiveness", "--data", tiny, "--out", tmp_path / "run", "--folds", 2, "--epochs", 1)
    first = train(*words)
    assert first.exit_code == 0, first.output
    *lines, mean = first.stdout.splitlines()
    assert [line.partition(" Epoch")[0] for line in lines] == ["Fold 1 of 2.", "Fold 2 of 2."]
    found = json.loads((tmp_path / "run" / "folds.json").read_text())
    accuracies = [float(rows(tmp_path / "run" / f"fold-{fold}")[0]["validation_accuracy"]) for fold in (1, 2)]
    assert found["accuracies"] == pytest.approx(accuracies)
    assert (found["mean"], found["sd"]) == pytest.approx((np.mean(accuracies), np.std(accuracies, ddof=1)))
    assert mean.startswith(f"Validation accuracy {found['mean']:.4f}, standard deviation {found['sd']:.4f}")
    again = train(*words)
    assert (again.exit_code, "holds a cross-validation already" in again.stderr) == (2, True)
    (tmp_path / "run" / "folds.json").unlink()
    more = train(*words, "--resume")
    assert (more.exit_code, more.stdout.splitlines()) == (0, [mean])
    taught = train(*words[:4], tmp_path / "other", *words[5:], "--teacher", "t.npz")
    assert (taught.exit_code, "A teacher has seen the faces of every fold" in taught.stderr) == (2, True)


def test_copies_of_a_picture_are_in_one_fold(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Faces, Faces]] = []

    def noted(recipe: Recipe, learnt: Faces, judged: Faces, out: Path, **given: object) -> None:
        seen.append((learnt, judged))

    monkeypatch.setattr(folds, "fit", noted)
    monkeypatch.setattr(folds, "logged", lambda out: [Epoch(0, 24, 0.1, 1, 0.5, 1, 0.5)])
    split = load(tiny, "train")
    arrays: dict[str, Any] = {
        name: np.repeat(known(getattr(split, name)), 2, axis=0) for name in ("crops", "emotion", "votes")
    }
    twice = dataclasses.replace(split, names=(), **arrays)
    monkeypatch.setattr(folds, "load", lambda data, name: twice if name == "train" else load(data, name))
    folds.cross_validate(RECIPE, tiny, tmp_path, 3, init=None, resume=False)
    assert len(seen) == 3
    for learnt, judged in seen:
        assert len(learnt) + len(judged) == len(seen[0][0]) + len(seen[0][1])
        pictures = [{crop.tobytes() for crop in faces.crops} for faces in (learnt, judged)]
        assert not pictures[0] & pictures[1]
        assert np.bincount(judged.ground_truth, minlength=3).min() > 0


def test_a_class_without_a_face_is_named(tmp_path: Path) -> None:
    few = tiny_fer2013.write(tmp_path / "few", train=5)  # two zips: angry and disgust, and these with fear
    result = train("emotion", "--data", few, "--out", tmp_path / "run")
    assert result.exit_code == 66
    assert result.stderr.startswith("Error: Of 5 training faces none is happy or sad or surprise or neutral. ")


def test_a_recipe_that_there_is_not_is_refused_with_those_that_there_are(tiny: Path, tmp_path: Path) -> None:
    refused = train("emotions", "--data", tiny, "--out", tmp_path / "run")
    assert refused.exit_code == 2
    assert "There is no recipe emotions." in refused.stderr
    assert all(name in refused.stderr for name in recipes())


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ({"--data": "nowhere"}, 66, "nowhere does not exist."),
        ({"--init": "absent.weights.h5"}, 66, "There is no file absent.weights.h5."),
        ({"--init": "imagenet"}, 2, "has no ImageNet weights"),
        ({"--out": "/proc/run"}, 74, "cannot be written"),
        ({"--out": "a-file/run"}, 74, "a-file is no folder"),
        ({"--epochs": "0"}, 2, "--epochs"),
        ({"--seed": "-1"}, 2, "--seed"),
    ],
)
def test_edge_train_says_what_is_wrong(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    given = {"--data": str(tiny), "--out": "run", "--epochs": "1", **words}
    result = train("expressiveness", *[word for pair in given.items() for word in pair])
    assert result.exit_code == code
    assert message in result.stderr
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
    assert result.stderr == f"Error: This needs keras, which is not installed. {INSTALL_TRAIN}\n"
